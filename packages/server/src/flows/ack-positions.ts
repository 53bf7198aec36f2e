import { type Request, USER_STREAM } from '@carillon/protocol'
import type { CursorMove, Head, StreamKey } from '@carillon/store'
import { userKey, wireNameOf } from '../rules/streams.ts'
import { type Core, reportFault } from './core.ts'
import type { Reply } from './reply.ts'
import { noteReceived, type Session, subscriberOf } from './session.ts'

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
  for (const [name, position] of Object.entries(positions)) {
    const to = position === undefined ? undefined : reachedBy(core.scope, session, name, position)
    if (subscriber !== null && to !== undefined) moves.push({ subscriber, stream: to.stream, to: to.head })
  }
  try {
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
  scope: string,
  session: Session,
  name: string,
  { epoch, offset }: Head,
): Reached | undefined {
  const feed = session.feeds.find(({ tail }) => wireNameOf(tail.stream) === name)
  if (feed !== undefined) {
    const { tail } = feed
    if (epoch !== tail.epoch) return undefined
    noteReceived(feed, Math.min(offset, tail.offset))
    return { stream: tail.stream, head: { epoch, offset: Math.min(offset, tail.offset) } }
  }
  // The user's own stream may have fallen silent, and been parked, before the acknowledgement came.
  const { userId } = session.identity
  if (name !== USER_STREAM || userId === null || epoch !== session.parkedEpoch) return undefined
  return {
    stream: userKey(scope, userId),
    head: { epoch, offset: Math.min(offset, session.parkedOffset) },
  }
}
