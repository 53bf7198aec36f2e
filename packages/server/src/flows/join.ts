import type { ChannelJoined, Problem, Request } from '@carillon/protocol'
import type { StreamKey } from '@carillon/store'
import { isoTime } from '../rules/payloads.ts'
import type { Claimed } from '../rules/position.ts'
import type { Stitch } from '../rules/seam.ts'
import { channelKey } from '../rules/streams.ts'
import { deliver, drop } from './catch-up.ts'
import { type Core, reportFault } from './core.ts'
import { admit, feedOn, type Opening, openFeed, pendingOf, sew } from './feeds.ts'
import type { Reply } from './reply.ts'
import { authorize, isRefusal, isUnguarded, policyFor } from './rights.ts'
import { type Feed, type Session, subscriberOf } from './session.ts'
import { onStateChange } from './stats.ts'

export const NO_CHANNELS: readonly string[] = []

type JoinRequest = Request<'join-channel'>
type JoinReply = Reply<'join-channel'>

/** PROTOCOL.md, "join-channel": the whole life of a join. */
export async function join(
  core: Core,
  session: Session,
  request: JoinRequest,
  reply: JoinReply,
): Promise<void> {
  const { channel } = request
  const known = feedOn(session, channel)
  if (known !== undefined) {
    reply.ok(joinedAgain(core, known))
    return
  }
  const max = core.settings.channelsPerSocket
  if (channelCount(session) + session.joining.length >= max) {
    reply.refuse([{ code: 'too-many-channels', max }])
    return
  }
  try {
    await askAndOpen(core, session, request, reply)
  } finally {
    const others = session.joining.filter((other) => other !== channel)
    // Idle sessions share one empty list.
    session.joining = others.length === 0 ? NO_CHANNELS : others
  }
}

async function askAndOpen(
  core: Core,
  session: Session,
  request: JoinRequest,
  reply: JoinReply,
): Promise<void> {
  session.joining = [...session.joining, request.channel]
  const denied = isUnguarded(core) ? [] : await whatForbids(core, session, request)
  if (isRefusal(denied)) reply.refuse(denied)
  else await openAndConfirm(core, session, request, reply)
}

/** To begin before the head is to read what was there before. */
async function whatForbids(
  core: Core,
  session: Session,
  { channel, options }: JoinRequest,
): Promise<readonly Problem[]> {
  const denied = await authorize(core, session, { action: 'join', channel, to: null })
  const wantsHistory = (options?.rewind ?? null) !== null
  if (isRefusal(denied) || !wantsHistory) return denied
  // By then somebody in the channel.
  return authorize(core, session, { action: 'history', channel, to: null }, { isMember: true })
}

async function openAndConfirm(
  core: Core,
  session: Session,
  request: JoinRequest,
  reply: JoinReply,
): Promise<void> {
  const stream = channelKey(core.scope, request.channel)
  const rewind = rewindOf(core, request)
  let opening: Opening
  try {
    const since = await sinceOf(core, session, stream, request)
    opening = await openFeed(core, session, stream, { since, newcomer: 'head', rewind })
  } catch (cause) {
    reportFault(core, 'STORE_FAILED', 'A join could not read the store', cause)
    reply.refuse([{ code: 'store-unavailable', outcome: 'refused' }])
    return
  }
  if (session.state === 'closed' || core.isClosing) {
    drop(core, opening.tail)
    reply.refuse([{ code: 'closing', retryAfterMs: 0 }])
    return
  }
  // Revoked since it was allowed: it may be forbidden by now.
  if (!session.joining.includes(request.channel)) {
    drop(core, opening.tail)
    return askAndOpen(core, session, request, reply)
  }
  // From here on nothing waits: what is counted is what follows, and nothing comes between. [G1]
  const next = sew(core, session, opening)
  if (next !== undefined) {
    confirm(core, session, opening, next, reply)
    return
  }
  drop(core, opening.tail)
  return openAndConfirm(core, session, request, reply)
}

/**
 * The position that counts. Where the history of a channel is not for everybody who may join it, nobody gets further
 * back by naming a position than where the server knows that they have been. [G8]
 */
async function sinceOf(
  core: Core,
  session: Session,
  stream: StreamKey,
  { channel, options }: JoinRequest,
): Promise<Claimed | null> {
  const claim = options?.since ?? null
  const policy = policyFor(core, channel)
  if (claim === null || policy === undefined || policy.history === policy.join) return claim
  const denied = await authorize(core, session, { action: 'history', channel, to: null }, { isMember: true })
  if (!isRefusal(denied)) return claim
  const subscriber = subscriberOf(session)
  const known = subscriber === null ? null : await core.cursors.ask({ subscriber, stream, start: null })
  const isFurther = known !== null && claim.epoch === known.epoch && claim.offset >= known.offset
  return isFurther ? claim : known
}

/** As much as the channel's policy lets a newcomer see. */
function rewindOf(core: Core, { channel, options }: JoinRequest): number | null {
  const wished = options?.rewind ?? null
  if (wished === null) return null
  const { historyItems } = core.settings
  const most = Math.min(historyItems, policyFor(core, channel)?.rewind ?? historyItems)
  return most === 0 ? null : Math.min(wished, most)
}

function confirm(core: Core, session: Session, opening: Opening, next: Stitch, reply: JoinReply): void {
  const { recovered, reason } = opening.start
  const feed = admit(core, session, opening)
  const joined: ChannelJoined = joinedPayload(core, feed, pendingOf(opening, next), next.kind === 'page')
  if (recovered !== undefined) joined.recovered = recovered
  if (reason !== undefined) joined.reason = reason
  reply.ok(joined)
  deliver(core, session, feed, next)
  const { userId, username } = session.identity
  core.announce.joined({ channel: joined.channel, userId, username, socketId: session.peer.id })
  onStateChange(core)
}

function joinedAgain(core: Core, feed: Feed): ChannelJoined {
  const reached = feed.run?.sent.at(-1)?.offset ?? feed.tail.offset
  return joinedPayload(core, feed, Math.max(0, feed.tail.offset - reached), feed.run !== null)
}

function joinedPayload(core: Core, { tail }: Feed, pendingCount: number, hasMore: boolean): ChannelJoined {
  const channel = tail.stream.name
  return {
    channel,
    message: core.settings.catalogue.joined(channel),
    clientCount: tail.members,
    pendingCount,
    timestamp: isoTime(core.clock.time()),
    epoch: tail.epoch,
    offset: tail.offset,
    hasMore,
  }
}

function channelCount(session: Session): number {
  return session.feeds.reduce((count, { tail }) => count + (tail.stream.kind === 'channel' ? 1 : 0), 0)
}
