import type { Request } from '@carillon/protocol'
import type { StreamKey } from '@carillon/store'
import { isoTime } from '../rules/payloads.ts'
import { channelKey } from '../rules/streams.ts'
import { type Core, reportFault } from './core.ts'
import { dismissFeed, feedOn } from './feeds.ts'
import { lookNow } from './reading.ts'
import type { Reply } from './reply.ts'
import { type Session, subscriberOf } from './session.ts'
import { onStateChange } from './stats.ts'
import { sessionsOf } from './users.ts'

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
  // What the socket sent before it left is delivered first. [G1]
  await core.appender.settled()
  const held = feedOn(session, channel)?.tail
  if (held !== undefined && held.doubts > 0) await lookNow(core, held)
  const feed = feedOn(session, channel)
  if (feed !== undefined) {
    dismissFeed(core, session, feed)
    const { userId, username } = session.identity
    core.announce.left({ channel, userId, username, socketId: session.peer.id })
    onStateChange(core)
  }
  if (!(await forgetCursor(core, session, channelKey(core.scope, channel)))) {
    reply.refuse([{ code: 'store-unavailable', outcome: 'unknown' }])
    return
  }
  reply.ok({
    channel,
    message: core.settings.catalogue.left(channel),
    timestamp: isoTime(core.clock.time()),
    reason: 'client',
  })
}

/** Resolves to false when the store could not: the client may leave again. */
async function forgetCursor(core: Core, session: Session, stream: StreamKey): Promise<boolean> {
  const subscriber = subscriberOf(session)
  if (subscriber === null || isHeldElsewhere(core, session, stream.name)) return true
  try {
    await core.cursors.save([{ subscriber, stream, to: null }])
    return true
  } catch (cause) {
    reportFault(core, 'STORE_FAILED', 'A cursor could not be forgotten', cause)
    return false
  }
}

/** Another tab of the same subscriber is there, or about to be: it has not unsubscribed. */
export function isHeldElsewhere(core: Core, { peer, identity, deviceId }: Session, channel: string): boolean {
  return sessionsOf(core, identity.userId ?? '').some(
    (other) =>
      other.peer !== peer &&
      other.deviceId === deviceId &&
      (feedOn(other, channel) !== undefined || other.joining.includes(channel)),
  )
}
