// Who sits at this window. Each window keeps its own person, so two windows are two people.

const NAMES =
  'Ada Bruno Clara Diego Emma Farid Greta Hugo Ines Jonas Kiku Lena Milo Nora Oskar Paula Rosa Tess Vera'.split(
    ' ',
  )
const KEY = 'carillon-quickstart'

/** The person of the address (`?user=alice&name=Alice`), else of this window so far, else somebody new. */
export function whoAmI() {
  const asked = new URLSearchParams(location.search)
  const user = asked.get('user')
  const known = JSON.parse(sessionStorage.getItem(KEY) ?? 'null')
  // The address is for opening a window, not for copying somebody: the window remembers the rest.
  if (user) history.replaceState(null, '', location.pathname)
  if (user && user !== known?.userId) return newPerson(asked.get('name') || capitalised(user), user)
  return known ?? somebodyElse()
}

export function newPerson(name, userId) {
  return { name, userId, channels: ['lobby'] }
}

/** A random person, with another name than the given one. */
export function somebodyElse(than = '') {
  const names = NAMES.filter((name) => name !== than)
  const name = names[Math.floor(Math.random() * names.length)]
  return newPerson(name, `${name.toLowerCase()}-${Math.random().toString(36).slice(2, 6)}`)
}

export function remember(person) {
  sessionStorage.setItem(KEY, JSON.stringify(person))
}

function capitalised(word) {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
