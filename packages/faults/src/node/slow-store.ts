import { setTimeout as sleep } from 'node:timers/promises'
import type { NotificationStore } from '@carillon/store'

/** How long a store takes, in milliseconds on top of its own time. */
export interface Slowness {
  /** Before cursors are moved. */
  readonly cursorsMs?: number
  /** Before something is read: any time up to this. */
  readonly readsMs?: number
}

/** The same store, farther away. */
export function slowStore(
  store: NotificationStore,
  { cursorsMs = 0, readsMs = 0 }: Slowness,
): NotificationStore {
  return {
    ...store,
    async moveCursors(moves) {
      await sleep(cursorsMs)
      return store.moveCursors(moves)
    },
    async read(stream, query) {
      await sleep(Math.random() * readsMs)
      return store.read(stream, query)
    },
  }
}
