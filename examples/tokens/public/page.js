// Draws. What others wrote goes through textContent, so none of it can become markup.
const byId = (id) => document.getElementById(id)
const MAX_ROWS = 100

const STATUS_WORDS = {
  connecting: 'Connecting',
  connected: 'Connected',
  reconnecting: 'Reconnecting',
  suspended: 'No connection',
  closed: 'Signed out',
}

const CHANNEL_WORDS = { joining: 'joining', joined: 'joined', left: 'out', refused: 'refused' }

export function showDoor(words = '') {
  show(false)
  showResult('door-result', words, true)
  byId('password').focus()
}

export function showRoom({ username, role }) {
  show(true)
  byId('me').textContent = `${username}, ${role}`
  byId('order').hidden = role === 'staff'
  byId('staff').hidden = role !== 'staff'
  byId('room').classList.toggle('with-staff', role === 'staff')
  byId('notifications').replaceChildren()
  byId('empty').hidden = false
  for (const place of ['token-result', 'send-result', 'people-result']) showResult(place, '')
}

function show(isIn) {
  byId('door').hidden = isIn
  for (const part of ['room', 'me', 'sign-out', 'status']) byId(part).hidden = !isIn
  if (!isIn) byId('retry').hidden = true
}

export function showStatus(status) {
  byId('status').textContent = STATUS_WORDS[status]
  byId('status').dataset.status = status
  byId('retry').hidden = status !== 'suspended'
  for (const id of ['renew', 'forge', 'order']) byId(id).disabled = status !== 'connected'
}

// --- The token ---

export function showClaims({ sub, role, exp }) {
  byId('claim-sub').textContent = sub
  byId('claim-role').textContent = role
  byId('claim-exp').textContent = new Date(exp * 1000).toLocaleTimeString([], { hour12: false })
}

export function showProof({ leftMs, lifeMs, renewals, standsMs }) {
  byId('left').textContent = Math.ceil(leftMs / 1000)
  byId('life').value = lifeMs === 0 ? 0 : leftMs / lifeMs
  byId('renewals').textContent = renewals
  byId('stands').textContent = clock(standsMs)
}

function clock(ms) {
  const seconds = Math.floor(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

// --- Channels ---

/** @param channels by name: the state and, if it is not joined, why */
export function showChannels(channels) {
  byId('channels').replaceChildren(...[...channels].map(channelRow))
  const before = byId('to').value
  const open = [...channels].filter(([name, { state }]) => state === 'joined' && !name.startsWith('orders:'))
  const names = open.length > 0 ? open.map(([name]) => name) : ['no channel']
  byId('to').replaceChildren(...names.map((name) => element('option', '', name)))
  if (open.some(([name]) => name === before)) byId('to').value = before
  for (const id of ['to', 'message', 'say']) byId(id).disabled = open.length === 0
}

function channelRow([name, { state, words }]) {
  const row = element('li', state)
  row.dataset.name = name
  row.append(element('span', 'name', name), element('span', 'state', CHANNEL_WORDS[state]))
  if (words !== '')
    row.append(
      element('span', 'words', words),
      button(state === 'left' ? 'Join again' : 'Try again', { channel: name }),
    )
  return row
}

// --- What came ---

export function addNotification({ type, title, message, sender, channel, timestamp, replayed }) {
  const facts = element('p', 'facts quiet')
  facts.append(element('span', 'channel', channel ?? 'for you'), element('span', '', `from ${sender}`))
  if (replayed) facts.append(element('span', 'missed', 'missed'))
  const row = rowOf(type, title, timestamp)
  row.append(element('p', 'message', message), facts)
  add(row)
}

/** Something that happened to this window. */
export function addEvent(text, type) {
  const row = rowOf(type, text, new Date().toISOString())
  row.classList.add('event')
  add(row)
}

function rowOf(type, title, timestamp) {
  const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }
  const time = element('time', 'quiet', new Date(timestamp).toLocaleTimeString([], clock))
  time.dateTime = timestamp
  const row = element('li')
  row.dataset.type = type
  row.append(element('strong', 'title', title), time)
  return row
}

function add(row) {
  byId('empty').hidden = true
  byId('notifications').prepend(row)
  while (byId('notifications').childElementCount > MAX_ROWS) byId('notifications').lastElementChild.remove()
}

// --- The staff ---

export function showPeople(people) {
  byId('people').replaceChildren(...people.map(personRow))
}

function personRow({ userId, username, role, channels }) {
  const who = element('p', 'who')
  who.append(element('strong', '', username), element('span', 'quiet', role))
  const buttons = channels.map(({ name, isBarred }) =>
    isBarred
      ? button(`Let back into ${name}`, {
          user: userId,
          channel: name,
          does: 'PUT',
          done: `${username} may join ${name}`,
        })
      : button(`Take out of ${name}`, {
          user: userId,
          channel: name,
          does: 'DELETE',
          done: `${username} is out of ${name}`,
        }),
  )
  const end = button('Disconnect', { user: userId, does: 'DELETE', done: `${username} has to sign in again` })
  end.classList.add('danger')
  const row = element('li')
  row.append(who, ...buttons, end)
  return row
}

// --- The rest ---

export function showResult(place, text, isRefusal = false) {
  byId(place).textContent = text
  byId(place).classList.toggle('refusal', isRefusal)
}

function button(text, dataset) {
  const made = element('button', 'small', text)
  made.type = 'button'
  Object.assign(made.dataset, dataset)
  return made
}

function element(tag, className = '', text = '') {
  const made = document.createElement(tag)
  made.className = className
  made.textContent = text
  return made
}
