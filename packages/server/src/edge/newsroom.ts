import type { News, NotificationStore } from '@carillon/store'
import { type Core, reportFault } from '../flows/core.ts'
import { checkHeads, onGap, onNews, onSilence } from '../flows/news.ts'
import type { Clock, Neighbours } from '../flows/ports.ts'
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
/** What has expired or is past retention goes this often. */
const PRUNE_MS = 60_000
const SPREAD = 1 / 3

/** Attachments that were given the same store hear of each other's sends, whatever the store itself tells. */
export interface Newsroom {
  createDesk(): Desk
}

const newsrooms = new WeakMap<NotificationStore, Newsroom>()

export function newsroomOf(store: NotificationStore): Newsroom {
  const known = newsrooms.get(store)
  if (known !== undefined) return known
  const made = createNewsroom(store, systemClock)
  newsrooms.set(store, made)
  return made
}

export function createNewsroom(store: NotificationStore, clock: Pick<Clock, 'after'>): Newsroom {
  const desks = new Map<Desk, Core>()
  let stopListening: (() => void) | undefined
  let cancels: (() => void)[] = []

  function hand(news: News, except?: Desk): void {
    for (const [desk, core] of desks) {
      if (desk !== except && core.scope === news.stream.scope) onNews(core, news)
    }
  }

  function checkAll(): void {
    for (const core of desks.values()) void checkHeads(core)
  }

  function tellGap(): void {
    for (const core of desks.values()) void onGap(core)
  }

  function tellSilence(): void {
    for (const core of desks.values()) onSilence(core)
  }

  async function prune(): Promise<void> {
    try {
      await store.prune()
    } catch (cause) {
      const [core] = desks.values()
      if (core !== undefined) reportFault(core, 'STORE_FAILED', 'The store could not be pruned', cause)
    }
  }

  function start(): void {
    cancels = [every(clock, PRUNE_MS, prune)]
    if (!store.shared) return
    stopListening = store.listen?.({ onNews: hand, onGap: tellGap, onSilence: tellSilence })
    cancels.push(every(clock, SWEEP_MS, checkAll))
  }

  function stop(): void {
    stopListening?.()
    stopListening = undefined
    for (const cancel of cancels) cancel()
    cancels = []
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

/** Again and again, a while after the time before has ended. Returns what ends it. */
function every(clock: Pick<Clock, 'after'>, ms: number, work: () => void | Promise<void>): () => void {
  let isOver = false
  let cancel: () => void
  const next = (): void => {
    cancel = clock.after(ms * (1 + SPREAD * Math.random()), () => void run())
  }
  const run = async (): Promise<void> => {
    await work()
    if (!isOver) next()
  }
  next()
  return () => {
    isOver = true
    cancel()
  }
}
