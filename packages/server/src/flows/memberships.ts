import { type Problems, ServerEvent } from '@carillon/protocol'
import type { Identity } from '../rules/identity.ts'
import { isoTime } from '../rules/payloads.ts'
import { type Core, reportFault } from './core.ts'
import { dismissFeed, feedOn } from './feeds.ts'
import { isHeldElsewhere } from './leave.ts'
import { authorize, failed, isUnguarded } from './rights.ts'
import { type Feed, type Session, subscriberOf } from './session.ts'
import { onStateChange } from './stats.ts'

/** Ends a membership by the host's word. That is no absence: the next join is a first one. [G8] */
export function takeOut(core: Core, session: Session, feed: Feed): void {
  const channel = feed.tail.stream.name
  dismissFeed(core, session, feed)
  core.wire.emit(session.peer, ServerEvent.ChannelLeft, {
    channel,
    message: core.settings.catalogue.left(channel),
    timestamp: isoTime(core.clock.time()),
    reason: 'revoked',
  })
  const { userId, username } = session.identity
  core.announce.left({ channel, userId, username, socketId: session.peer.id })
  onStateChange(core)
}

/** After everything that is under way to be saved for it. */
export function forgetPlace(core: Core, session: Session, { tail }: Feed): void {
  const subscriber = subscriberOf(session)
  if (subscriber === null) return
  core.cursors.save([{ subscriber, stream: tail.stream, to: null }]).catch((cause) => {
    reportFault(core, 'STORE_FAILED', 'A cursor could not be forgotten', cause)
  })
}

/** So many channels are asked about at once: each answer has its whole time, and other requests have theirs. */
const AT_ONCE = 4

/**
 * Asks for every channel of a socket whether its user may be there as who they are now. Takes them out where not, once
 * all have been answered. An answer that fails is no word of the host: then nothing changes.
 */
export async function checkMemberships(
  core: Core,
  session: Session,
  user: Identity,
): Promise<Problems | undefined> {
  if (isUnguarded(core)) return undefined
  const channels = session.feeds.map(({ tail }) => tail.stream).filter(({ kind }) => kind === 'channel')
  const denied: string[] = []
  for (let at = 0; at < channels.length; at += AT_ONCE) {
    const verdicts = await Promise.all(
      channels.slice(at, at + AT_ONCE).map(async ({ name }) => ({
        name,
        problems: await authorize(core, session, { action: 'join', channel: name, to: null }, { user }),
      })),
    )
    if (session.state === 'closed') return undefined
    if (verdicts.some(({ problems }) => problems[0]?.code === 'hook-failed')) return failed('authorize')
    denied.push(...verdicts.filter(({ problems }) => problems.length > 0).map(({ name }) => name))
  }
  for (const name of denied) {
    const feed = feedOn(session, name)
    if (feed === undefined) continue
    takeOut(core, session, feed)
    // Another tab of the same device may still be there.
    if (!isHeldElsewhere(core, session, name)) forgetPlace(core, session, feed)
  }
  return undefined
}

/** A join that is under way was allowed before: it has to ask again. All of them, unless a channel is named. */
export function recallJoins(session: Session, channel: string | null = null): void {
  const isRecalled = (joined: string): boolean => channel === null || joined === channel
  if (session.joining.some(isRecalled)) {
    session.joining = session.joining.filter((joined) => !isRecalled(joined))
  }
}
