import type { NotificationStore } from '@carillon/store'

/** What a store does wrong on purpose. */
export type Breakage =
  /** It takes every send for a new one. */
  | 'forgets-keys'
  /** It confirms what it has not written yet, and writes it a little later. */
  | 'confirms-early'

const LATE_MS = 150

export function brokenStore(store: NotificationStore, breakage: Breakage): NotificationStore {
  if (breakage === 'forgets-keys') {
    return {
      ...store,
      append: (entries) => store.append(entries.map((entry) => ({ ...entry, key: entry.id }))),
    }
  }
  return {
    ...store,
    async append(entries) {
      const [head] = await store.heads(entries.slice(0, 1).map(({ stream }) => stream))
      setTimeout(() => void store.append(entries).catch(() => undefined), LATE_MS)
      const { epoch = '', offset = 0 } = head ?? {}
      return entries.map(({ id }, at) => {
        const place = { epoch, offset: offset + at + 1, id }
        return { outcome: 'written', ...place, timestamp: Date.now(), expiresAt: null, duplicate: false }
      })
    },
  }
}
