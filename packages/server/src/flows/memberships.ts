import { ServerEvent } from '@carillon/protocol'
import { isoTime } from '../rules/payloads.ts'
import { type Core, reportFault } from './core.ts'
import { dismissFeed, feedOn } from './feeds.ts'
import { authorize, isRefusal, isUnguarded } from './rights.ts'
import { type Feed, type Session, subscriberOf } from './session.ts'
import { onStateChange } from './stats.ts'

/** Ends a membership by the host's word. That is no absence: the next join is a first one. [G8] */
export function takeOut(core: Core, session: Session, channel: string): void {
  const feed = feedOn(session, channel)
  if (feed === undefined) return
  dismissFeed(core, session, feed)
  core.wire.emit(session.peer, ServerEvent.ChannelLeft, {
    channel,
    message: core.settings.catalogue.left(channel),
    timestamp: isoTime(core.clock.time()),
    reason: 'revoked',
  })
  forgetCursor(core, session, feed)
  const { userId, username } = session.identity
  core.announce.left({ channel, userId, username, socketId: session.peer.id })
  onStateChange(core)
}

/** After everything that is under way to be saved for it. */
function forgetCursor(core: Core, session: Session, { tail }: Feed): void {
  const subscriber = subscriberOf(session)
  if (subscriber === null) return
  core.cursors.save([{ subscriber, stream: tail.stream, to: null }]).catch((cause) => {
    reportFault(core, 'STORE_FAILED', 'A cursor could not be forgotten', cause)
  })
}

/** Asks for every channel of a socket whether its user may still be there. Resolves when all have been asked. */
export async function checkMemberships(core: Core, session: Session): Promise<void> {
  if (isUnguarded(core)) return
  const channels = session.feeds.map(({ tail }) => tail.stream).filter(({ kind }) => kind === 'channel')
  await Promise.all(
    channels.map(async ({ name }) => {
      const denied = await authorize(core, session, { action: 'join', channel: name, to: null })
      if (isRefusal(denied) && session.state !== 'closed') takeOut(core, session, name)
    }),
  )
}

/** A join that is under way was allowed before: it has to ask again. All of them, unless a channel is named. */
export function recallJoins(session: Session, channel: string | null = null): void {
  const isRecalled = (joined: string): boolean => channel === null || joined === channel
  if (session.joining.some(isRecalled)) {
    session.joining = session.joining.filter((joined) => !isRecalled(joined))
  }
}
