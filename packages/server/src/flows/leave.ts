import type { Request } from '@carillon/protocol'
import type { StreamKey } from '@carillon/store'
import { isoTime } from '../rules/payloads.ts'
import { channelKey } from '../rules/streams.ts'
import { type Core, reportFault } from './core.ts'
import { movesOf } from './cursors.ts'
import { dismissFeed, feedOn } from './feeds.ts'
import type { Reply } from './reply.ts'
import type { Session } from './session.ts'
import { onStateChange } from './stats.ts'

/**
 * PROTOCOL.md, "leave-channel". Leaving is unsubscribing, so the cursor is forgotten, also by somebody who is
 * not there now. A disconnect is being away: the cursor stays.
 */
export async function leave(
  core: Core,
  session: Session,
  { channel }: Request<'leave-channel'>,
  reply: Reply<'leave-channel'>,
): Promise<void> {
  const feed = feedOn(session, channel)
  if (feed !== undefined) {
    dismissFeed(core, session, feed)
    const { userId, username } = session.identity
    core.announce.left({ channel, userId, username, socketId: session.peer.id })
    onStateChange(core)
  }
  await forgetCursor(core, session, channelKey(core.scope, channel))
  reply.ok({
    channel,
    message: core.settings.catalogue.left(channel),
    timestamp: isoTime(core.clock.time()),
    reason: 'client',
  })
}

async function forgetCursor(core: Core, session: Session, stream: StreamKey): Promise<void> {
  const { subscriber } = session
  if (subscriber === null || isHeldElsewhere(core, session, stream)) return
  try {
    await core.cursors.save(movesOf(subscriber, stream, null))
  } catch (cause) {
    reportFault(core, 'STORE_FAILED', 'A cursor could not be forgotten', cause)
  }
}

/** Another tab of the same subscriber is still there: it has not unsubscribed. */
function isHeldElsewhere(core: Core, session: Session, stream: StreamKey): boolean {
  const { subscriber } = session
  if (subscriber === null) return false
  const others = core.users.get(subscriber.user) ?? []
  return others.some(
    (other) =>
      other !== session &&
      other.subscriber?.device === subscriber.device &&
      feedOn(other, stream.name) !== undefined,
  )
}
