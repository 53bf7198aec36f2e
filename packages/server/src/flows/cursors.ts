import type { CursorMove, Head, NotificationStore, StreamKey, Subscriber } from '@carillon/store'
import { tagOf } from '../rules/streams.ts'

export interface CursorSaver {
  /** Saves moves with all others that are waiting. Resolves when they are stored, rejects when that failed. */
  save(moves: readonly CursorMove[]): Promise<void>
  idle(): Promise<void>
}

/**
 * Saves cursors in batches, one batch at a time. Of two moves of one cursor that wait together the later
 * counts: a leave takes back a save that is still waiting, and is never overtaken by it.
 */
export function createCursorSaver(store: Pick<NotificationStore, 'moveCursors'>): CursorSaver {
  let waiting = new Map<string, CursorMove>()
  let next: Promise<void> | null = null
  let running: Promise<void> = Promise.resolve()

  function start(): Promise<void> {
    const before = running
    const batch = before
      .catch(() => undefined)
      .then(async () => {
        const moves = [...waiting.values()]
        waiting = new Map()
        next = null
        await store.moveCursors(moves)
      })
    running = batch
    return batch
  }

  return {
    save(moves) {
      for (const move of moves) waiting.set(cursorTag(move), move)
      next ??= start()
      return next
    },
    async idle() {
      await running.catch(() => undefined)
    },
  }
}

function cursorTag({ subscriber, stream }: CursorMove): string {
  return JSON.stringify([subscriber.user, subscriber.device, stream.scope, tagOf(stream)])
}

/** Moves of a device also move its user: a new device of the user starts where the furthest one is. */
export function movesOf(subscriber: Subscriber, stream: StreamKey, to: Head | null): CursorMove[] {
  const own: CursorMove = { subscriber, stream, to }
  return subscriber.device === null ? [own] : [own, { subscriber: userOf(subscriber), stream, to }]
}

/** How far the subscriber was served; a device that is new goes by its user. */
export async function cursorsOf(
  store: Pick<NotificationStore, 'cursors'>,
  subscriber: Subscriber,
  streams: readonly StreamKey[],
): Promise<readonly (Head | null)[]> {
  const own = await store.cursors(subscriber, streams)
  if (subscriber.device === null || own.every((cursor) => cursor !== null)) return own
  const users = await store.cursors(userOf(subscriber), streams)
  return own.map((cursor, at) => cursor ?? users[at] ?? null)
}

function userOf(subscriber: Subscriber): Subscriber {
  return { user: subscriber.user, device: null }
}
