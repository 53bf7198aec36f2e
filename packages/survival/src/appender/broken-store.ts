import type { NotificationStore } from '@carillon/store'

/** What a store does wrong on purpose. */
export type Breakage =
  /** It says that a confirmation survives the power, whatever is set. */
  | 'promises-power'
  /** It confirms what it has not written yet, and writes it a little later. */
  | 'confirms-early'

const LATE_MS = 200

export function brokenStore(store: NotificationStore, breakage: Breakage): NotificationStore {
  if (breakage === 'promises-power') {
    const sentence = 'What is confirmed survives the end of any process and of the machine.'
    return { ...store, durability: async () => ({ level: 'power', sentence, warnings: [] }) }
  }
  let offset = 0
  return {
    ...store,
    async append(entries) {
      setTimeout(() => void store.append(entries).catch(() => undefined), LATE_MS)
      // A turn of the event loop, or nothing would ever be written.
      await new Promise((resolve) => setImmediate(resolve))
      return entries.map(({ id }) => {
        offset += 1
        const facts = { id, timestamp: Date.now(), expiresAt: null, duplicate: false }
        return { outcome: 'written', epoch: 'early', offset, ...facts }
      })
    },
  }
}
