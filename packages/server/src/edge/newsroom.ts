import type { News, NotificationStore } from '@carillon/store'
import type { Core } from '../flows/core.ts'
import { checkHeads, onNews } from '../flows/news.ts'
import type { Neighbours } from '../flows/ports.ts'
import { systemClock } from './clock.ts'

/** What a core has of the newsroom as long as it lives. */
export interface Desk extends Neighbours {
  /** From now on the core hears of what others append to its streams. */
  open(core: Core): void
  close(): void
}

/**
 * What is lost without a trace, the last news before a silence, is found by asking where the streams stand.
 * Spread out, so that many nodes that were started together do not ask together.
 */
const SWEEP_MS = 30_000
const SWEEP_SPREAD_MS = 10_000

/** Attachments that were given the same store hear of each other's sends, whatever the store itself tells. */
export interface Newsroom {
  createDesk(): Desk
}

const newsrooms = new WeakMap<NotificationStore, Newsroom>()

export function newsroomOf(store: NotificationStore): Newsroom {
  const known = newsrooms.get(store)
  if (known !== undefined) return known
  const made = createNewsroom(store)
  newsrooms.set(store, made)
  return made
}

function createNewsroom(store: NotificationStore): Newsroom {
  const desks = new Map<Desk, Core>()
  let stopListening: (() => void) | undefined
  let cancelSweep: (() => void) | undefined

  function hand(news: News, except?: Desk): void {
    for (const [desk, core] of desks) {
      if (desk !== except && core.scope === news.stream.scope) onNews(core, news)
    }
  }

  function checkAll(): void {
    for (const core of desks.values()) void checkHeads(core)
  }

  function sweepLater(): void {
    cancelSweep = systemClock.after(SWEEP_MS + Math.random() * SWEEP_SPREAD_MS, () => {
      checkAll()
      sweepLater()
    })
  }

  function start(): void {
    if (!store.shared) return
    stopListening = store.listen?.({ onNews: hand, onGap: checkAll })
    sweepLater()
  }

  function stop(): void {
    stopListening?.()
    stopListening = undefined
    cancelSweep?.()
    cancelSweep = undefined
  }

  return {
    createDesk() {
      const desk: Desk = {
        tell: (news) => {
          if (desks.size > 1) hand(news, desk)
        },
        open(core) {
          desks.set(desk, core)
          if (desks.size === 1) start()
        },
        close() {
          if (desks.delete(desk) && desks.size === 0) stop()
        },
      }
      return desk
    },
  }
}
