import { BROADCAST_STREAM, channelOf, isStreamName, type Request, USER_STREAM } from '@carillon/protocol'
import type { CursorMove, StreamKey } from '@carillon/store'
import { broadcastKey, channelKey, userKey } from '../rules/streams.ts'
import { type Core, reportFault } from './core.ts'
import { movesOf } from './cursors.ts'
import { feedOn } from './feeds.ts'
import type { Reply } from './reply.ts'
import type { Session } from './session.ts'

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
  const { subscriber } = session
  const moves: CursorMove[] = []
  for (const [name, position] of Object.entries(positions)) {
    const stream = subscriber === null ? undefined : streamOf(core, session, name)
    if (subscriber === null || stream === undefined || position === undefined) continue
    const { epoch, offset } = position
    moves.push(...movesOf(subscriber, stream, { epoch, offset }))
  }
  try {
    if (moves.length > 0) await core.cursors.save(moves)
    reply.ok({})
  } catch (cause) {
    reportFault(core, 'STORE_FAILED', 'Cursors could not be saved', cause)
    reply.refuse([{ code: 'store-unavailable', outcome: 'unknown' }])
  }
}

function streamOf(core: Core, session: Session, name: string): StreamKey | undefined {
  if (!isStreamName(name)) return undefined
  if (name === BROADCAST_STREAM) return broadcastKey(core.scope)
  if (name === USER_STREAM) {
    const { userId } = session.identity
    return userId === null ? undefined : userKey(core.scope, userId)
  }
  const channel = channelOf(name) ?? ''
  return feedOn(session, channel) === undefined ? undefined : channelKey(core.scope, channel)
}
