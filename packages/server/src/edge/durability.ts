import type { NotificationStore } from '@carillon/store'
import type { Announce } from '../flows/ports.ts'
import { systemClock } from './clock.ts'
import type { Log } from './log.ts'

const RETRY_MS = 10_000

/**
 * Says once in the log what a confirmation survives, and what is wrong with the settings of the database. A
 * database that is away is asked again until it answers. Returns what ends the asking.
 */
export function tellDurability(store: NotificationStore, log: Log, announce: Announce): () => void {
  let isOver = false
  let cancel: (() => void) | undefined
  const ask = async (): Promise<void> => {
    try {
      const { sentence, warnings } = await store.durability()
      if (isOver) return
      log.info(sentence)
      for (const warning of warnings) log.warn(warning)
    } catch (cause) {
      if (isOver) return
      announce.problem({ code: 'STORE_FAILED', message: 'The store could not be asked what it keeps', cause })
      cancel = systemClock.after(RETRY_MS, () => void ask())
    }
  }
  void ask()
  return () => {
    isOver = true
    cancel?.()
  }
}
