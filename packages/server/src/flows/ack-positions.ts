import type { Request } from '@carillon/protocol'
import type { CursorMove } from '@carillon/store'
import { wireNameOf } from '../rules/streams.ts'
import { type Core, reportFault } from './core.ts'
import type { Reply } from './reply.ts'
import { type Feed, type Session, subscriberOf } from './session.ts'

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
    const feed = feedNamed(session, name)
    if (subscriber === null || feed === undefined || position === undefined) continue
    const { stream, epoch, offset } = feed.tail
    // Nobody has received what was not emitted yet.
    if (position.epoch !== epoch) continue
    const reached = Math.min(position.offset, offset)
    feed.received = Math.max(feed.received, reached)
    moves.push({ subscriber, stream, to: { epoch, offset: reached } })
  }
  try {
    if (moves.length > 0) await core.cursors.save(moves)
    reply.ok({})
  } catch (cause) {
    reportFault(core, 'STORE_FAILED', 'Cursors could not be saved', cause)
    reply.refuse([{ code: 'store-unavailable', outcome: 'unknown' }])
  }
}

function feedNamed(session: Session, name: string): Feed | undefined {
  return session.feeds.find(({ tail }) => wireNameOf(tail.stream) === name)
}
