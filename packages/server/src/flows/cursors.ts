import type { CursorMove, CursorQuestion, Head, NotificationStore } from '@carillon/store'
import { tagOf } from '../rules/streams.ts'
import type { Clock } from './ports.ts'

/** The cursors of one scope, asked for and moved in batches, one batch at a time. */
export interface Cursors {
  /** How far somebody was served; see the store's method of that name. Sees every move that was saved before. */
  ask(question: CursorQuestion): Promise<Head | null>
  /** Saves moves with all others that are waiting. Resolves when they are stored, rejects when that failed. */
  save(moves: readonly CursorMove[]): Promise<void>
  /** Saves moves with the next batch, which need not be soon. */
  saveSoon(moves: readonly CursorMove[]): void
  /** Saves what is waiting and resolves when nothing is under way. */
  flush(): Promise<void>
}

/** A cursor that is this old costs a few more repeats after a crash, and spares the store a write each. */
const SOON_MS = 5_000

/** Cursors that wait while the store fails; beyond it, some repeats are the smaller harm. */
const WAITING_CURSORS = 100_000

/** Somebody who waits for an answer. */
interface Asker {
  readonly question: CursorQuestion
  readonly resolve: (cursor: Head | null) => void
  readonly reject: (cause: unknown) => void
}

/**
 * Of the moves of one cursor that wait together the furthest counts; a leave takes back a save that is still
 * waiting, and is never overtaken by it.
 */
export function createCursors(
  store: Pick<NotificationStore, 'cursors' | 'moveCursors'>,
  clock: Clock,
  onFault: (cause: unknown) => void,
): Cursors {
  let waiting = new Map<string, CursorMove>()
  let askers: Asker[] = []
  let next: Promise<void> | null = null
  let running: Promise<void> | null = null
  let cancelTimer: (() => void) | null = null

  function add(moves: readonly CursorMove[]): void {
    for (const move of moves) {
      const tag = cursorTag(move)
      waiting.set(tag, furthest(waiting.get(tag), move))
    }
  }

  function start(): Promise<void> {
    if (next === null) {
      next = running === null ? runBatch() : running.then(runBatch, runBatch)
      // Whoever saves hears of a failure; those who only ask have their own answer.
      next.catch(() => undefined)
    }
    return next
  }

  async function runBatch(): Promise<void> {
    // Joins that are handled in one turn share a batch.
    await null
    const asked = askers
    // Who asks from here on belongs to the next batch, however empty this one is.
    askers = []
    const batch = next
    running = batch
    next = null
    try {
      if (waiting.size > 0) await saveWaiting()
    } finally {
      if (asked.length > 0) await answer(asked)
      if (running === batch) running = null
    }
  }

  async function saveWaiting(): Promise<void> {
    const taken = waiting
    waiting = new Map()
    try {
      await store.moveCursors([...taken.values()])
    } catch (cause) {
      putBack(taken)
      throw cause
    }
  }

  async function answer(asked: readonly Asker[]): Promise<void> {
    try {
      const cursors = await store.cursors(asked.map(({ question }) => question))
      if (cursors.length !== asked.length) throw new Error('the store did not answer every question')
      for (const [at, { resolve }] of asked.entries()) resolve(cursors[at] ?? null)
    } catch (cause) {
      for (const { reject } of asked) reject(cause)
    }
  }

  /** What could not be saved is tried again, unless something newer waits by now. */
  function putBack(moves: ReadonlyMap<string, CursorMove>): void {
    for (const [tag, move] of moves) {
      if (!waiting.has(tag) && waiting.size < WAITING_CURSORS) waiting.set(tag, move)
    }
    startTimer()
  }

  function startTimer(): void {
    cancelTimer ??= clock.after(SOON_MS, () => {
      cancelTimer = null
      start().catch(onFault)
    })
  }

  function stopTimer(): void {
    cancelTimer?.()
    cancelTimer = null
  }

  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        askers.push({ question, resolve, reject })
        void start()
      }),
    save(moves) {
      add(moves)
      return start()
    },
    saveSoon(moves) {
      add(moves)
      startTimer()
    },
    async flush() {
      stopTimer()
      if (waiting.size > 0) start().catch(onFault)
      while (running !== null || next !== null) await (next ?? running)?.catch(() => undefined)
      stopTimer()
    },
  }
}

function furthest(waiting: CursorMove | undefined, move: CursorMove): CursorMove {
  const isBehind =
    waiting?.to != null && waiting.to.epoch === move.to?.epoch && waiting.to.offset > move.to.offset
  return isBehind ? waiting : move
}

/** Names have no control characters, so nothing can be read in two ways. */
function cursorTag({ subscriber, stream }: CursorMove): string {
  return `${subscriber.user}\u0000${subscriber.device ?? ''}\u0000${tagOf(stream)}\u0000${stream.scope}`
}
