import type { CursorMove, NotificationStore } from '@carillon/store'
import { tagOf } from '../rules/streams.ts'
import type { Clock } from './ports.ts'

export interface CursorSaver {
  /** Saves moves with all others that are waiting. Resolves when they are stored, rejects when that failed. */
  save(moves: readonly CursorMove[]): Promise<void>
  /** Saves moves with the next batch, which need not be soon. */
  saveSoon(moves: readonly CursorMove[]): void
  /** Saves what is waiting and resolves when nothing is under way. */
  flush(): Promise<void>
}

/** A cursor that is this old costs a few more repeats after a crash, and spares the store a write each. */
const SOON_MS = 5_000

/**
 * Saves cursors in batches, one batch at a time. Of the moves of one cursor that wait together the furthest
 * counts; a leave takes back a save that is still waiting, and is never overtaken by it.
 */
export function createCursorSaver(
  store: Pick<NotificationStore, 'moveCursors'>,
  clock: Clock,
  onFault: (cause: unknown) => void,
): CursorSaver {
  let waiting = new Map<string, CursorMove>()
  let next: Promise<void> | null = null
  let running: Promise<void> = Promise.resolve()
  let cancelTimer: (() => void) | null = null

  function add(moves: readonly CursorMove[]): void {
    for (const move of moves) {
      const tag = cursorTag(move)
      waiting.set(tag, furthest(waiting.get(tag), move))
    }
  }

  function start(): Promise<void> {
    next ??= runAfter(running)
    running = next
    return next
  }

  async function runAfter(before: Promise<void>): Promise<void> {
    await before.catch(() => undefined)
    const moves = [...waiting.values()]
    waiting = new Map()
    next = null
    if (moves.length > 0) await store.moveCursors(moves)
  }

  function stopTimer(): void {
    cancelTimer?.()
    cancelTimer = null
  }

  return {
    save(moves) {
      add(moves)
      return start()
    },
    saveSoon(moves) {
      add(moves)
      cancelTimer ??= clock.after(SOON_MS, () => {
        cancelTimer = null
        start().catch(onFault)
      })
    },
    async flush() {
      stopTimer()
      if (waiting.size > 0) start().catch(onFault)
      await running.catch(() => undefined)
    },
  }
}

function furthest(waiting: CursorMove | undefined, move: CursorMove): CursorMove {
  const isBehind =
    waiting?.to != null && waiting.to.epoch === move.to?.epoch && waiting.to.offset > move.to.offset
  return isBehind ? waiting : move
}

function cursorTag({ subscriber, stream }: CursorMove): string {
  return JSON.stringify([subscriber.user, subscriber.device, stream.scope, tagOf(stream)])
}
