import type { ClientStorage } from '../rules/options.ts'

/** A storage that never throws and holds JSON. What it cannot read is absent, what it cannot write is not kept. */
export interface SafeStorage {
  read(key: string): unknown
  /** `undefined` removes it. */
  write(key: string, value: unknown): void
  /** The beginning of keys that no other client of this page uses: by this name, or the next free one beside it. */
  claim(name: string): string
  release(prefix: string): void
}

/** Which beginnings the clients of this page have taken. */
const claims = new WeakMap<ClientStorage, Set<string>>()

/**
 * @param given what the application says; by default the page's own, if there is one
 * @returns `null` when nothing can be kept
 */
export function openStorage(given: ClientStorage | false | undefined): SafeStorage | null {
  // Merely to look at it may throw: a browser can forbid it to a page.
  const storage = given === undefined ? attempt(() => globalThis.sessionStorage) : given
  if (!storage) return null
  return {
    read(key) {
      return attempt(() => JSON.parse(storage.getItem(key) ?? 'null'))
    },
    write(key, value) {
      attempt(() => {
        if (value === undefined) storage.removeItem(key)
        else storage.setItem(key, JSON.stringify(value))
      })
    },
    claim(name) {
      const taken = claims.get(storage) ?? new Set()
      claims.set(storage, taken)
      let prefix = `${name}:`
      for (let at = 2; taken.has(prefix); at++) prefix = `${name}${at}:`
      taken.add(prefix)
      return prefix
    },
    release: (prefix) => void claims.get(storage)?.delete(prefix),
  }
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
