import { type Request, USER_STREAM } from '@carillon/protocol'
import type { CursorMove, Head, StreamKey } from '@carillon/store'
import { isPutBack } from '../rules/loss.ts'
import type { Claimed } from '../rules/position.ts'
import { userKey, wireNameOf } from '../rules/streams.ts'
import type { Tail } from '../rules/tail.ts'
import { type Core, reportFault } from './core.ts'
import type { Reply } from './reply.ts'
import { type Feed, noteReceived, type Session, subscriberOf } from './session.ts'

/**
 * PROTOCOL.md, "ack-notifications": moves the cursors of a client that knows what it has handed to its
 * application. Streams that the socket is not on are passed over: it cannot have received anything there.
 */
export async function ackPositions(
  core: Core,
  session: Session,
  { positions }: Request<'ack-notifications'>,
  reply: Reply<'ack-notifications'>,
): Promise<void> {
  const subscriber = subscriberOf(session)
  const moves: CursorMove[] = []
  try {
    for (const [name, position] of Object.entries(positions)) {
      const to = position === undefined ? undefined : await reachedBy(core, session, name, position)
      if (subscriber !== null && to !== undefined) moves.push({ subscriber, stream: to.stream, to: to.head })
    }
    if (moves.length > 0) await core.cursors.save(moves)
    reply.ok({})
  } catch (cause) {
    reportFault(core, 'STORE_FAILED', 'Cursors could not be saved', cause)
    reply.refuse([{ code: 'store-unavailable', outcome: 'unknown' }])
  }
}

interface Reached {
  readonly stream: StreamKey
  readonly head: Head
}

/** How far an acknowledgement counts: nobody has received what was not emitted yet, or what is of a lost log. */
function reachedBy(
  core: Core,
  session: Session,
  name: string,
  position: Claimed,
): Promise<Reached | undefined> | Reached | undefined {
  const feed = session.feeds.find(({ tail }) => wireNameOf(tail.stream) === name)
  if (feed === undefined) return reachedParked(core, session, name, position)
  if (!mayCrossLoss(core, feed.tail, position)) return reachedOn(feed, position)
  return isThere(core, feed.tail, position).then((is) => (is ? reachedOn(feed, position) : undefined))
}

function reachedOn(feed: Feed, { epoch, offset }: Claimed): Reached | undefined {
  const { tail } = feed
  if (epoch !== tail.epoch) return undefined
  const reached = Math.min(offset, tail.offset)
  noteReceived(feed, reached)
  return { stream: tail.stream, head: { epoch, offset: reached } }
}

/** The user's own stream may have fallen silent, and been parked, before the acknowledgement came. */
function reachedParked(
  core: Core,
  { identity: { userId }, parkedEpoch, parkedOffset }: Session,
  name: string,
  { epoch, offset }: Claimed,
): Reached | undefined {
  if (name !== USER_STREAM || userId === null || epoch !== parkedEpoch) return undefined
  return { stream: userKey(core.scope, userId), head: { epoch, offset: Math.min(offset, parkedOffset) } }
}

/** Longer than an acknowledgement is on its way. */
const CROSSING_MS = 60_000

/** Whether the client may speak of what was at an offset before the log was put back: it had not heard of it yet. */
function mayCrossLoss(core: Core, { loss, epoch }: Tail, position: Claimed): boolean {
  if (loss === null || !isPutBack(loss.reason) || position.epoch !== epoch) return false
  return position.offset > loss.from && core.clock.now() - loss.at < CROSSING_MS
}

async function isThere(core: Core, { stream }: Tail, { offset, id = null }: Claimed): Promise<boolean> {
  if (id === null) return false
  const { idAt } = await core.store.read(stream, { after: offset, limit: 1, maxBytes: 1 })
  return idAt === id
}
