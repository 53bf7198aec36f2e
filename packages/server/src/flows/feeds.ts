import type { Head, Page, StreamKey } from '@carillon/store'
import { exceeds } from '../rules/backlog.ts'
import { lossesOf } from '../rules/loss.ts'
import { type Claimed, type Start, startAt } from '../rules/position.ts'
import { type Stitch, stitch } from '../rules/seam.ts'
import { pin, type Tail } from '../rules/tail.ts'
import { drop, endRun, readPage } from './catch-up.ts'
import type { Core } from './core.ts'
import { readOn } from './reading.ts'
import { type Feed, type Session, subscriberOf, withFeed } from './session.ts'
import { sweepLater, tailOf, whenOpen } from './tails.ts'

/*
 * How a socket gets onto a stream without a seam: read what it missed, then, in one synchronous step, emit the
 * end of it and enter the room. `openFeed` reads and may wait; `admit` and `deliver` (catch-up.ts) are that step.
 */

/** A join that has read its first page. Its tail is pinned until it is delivered or dropped. */
export interface Opening {
  readonly tail: Tail
  /** How often the log had been lost when it was read. */
  readonly losses: number
  readonly start: Start
  readonly page: Page | null
}

/** Where a reader begins. */
export interface Beginning {
  /** What the client itself says; without it the server's cursor counts. */
  readonly since: Claimed | null
  /** Where somebody begins who has neither. Who begins at the head gets a cursor there. */
  readonly newcomer: 'head' | 'base'
  /** Notifications before the head that a newcomer gets, and whoever's position is lost. */
  readonly rewind: number | null
}

export async function openFeed(
  core: Core,
  session: Session,
  stream: StreamKey,
  { since, newcomer, rewind }: Beginning,
): Promise<Opening> {
  const tail = tailOf(core, stream)
  pin(tail)
  try {
    const opening = whenOpen(core, tail)
    // Nobody is put at the base, so this question need not wait until the tail stands.
    const early = newcomer === 'base' && since === null ? askCursor(core, session, stream, null) : null
    // It may fail while the tail is waited for.
    early?.catch(() => undefined)
    if (opening !== undefined) await opening
    const { epoch, offset } = tail
    const losses = lossesOf(tail)
    const claim = since ?? (await (early ?? askCursor(core, session, stream, { epoch, offset })))
    if (claim !== null) return await openAt(core, tail, claim, rewind, since === null && core.store.shared)
    const isAtHead = offset === 0 || (newcomer === 'head' && rewind === null)
    if (isAtHead) return { tail, losses, start: { after: offset }, page: null }
    return await openBefore(core, tail, rewind === null ? 0 : Math.max(0, offset - rewind))
  } catch (cause) {
    drop(core, tail)
    throw cause
  }
}

/** A start is durable before the join is confirmed: whoever is cut off right afterwards has still subscribed. */
function askCursor(
  core: Core,
  session: Session,
  stream: StreamKey,
  start: Head | null,
): Promise<Head | null> | null {
  const subscriber = subscriberOf(session)
  return subscriber === null ? null : core.cursors.ask({ subscriber, stream, start })
}

async function openAt(
  core: Core,
  tail: Tail,
  claim: Claimed,
  rewind: number | null,
  mayHaveHadMore: boolean,
): Promise<Opening> {
  const losses = lossesOf(tail)
  const isAtTail =
    !mayHaveHadMore && claim.epoch === tail.epoch && claim.offset === tail.offset && claim.id == null
  if (isAtTail) return { tail, losses, start: { after: claim.offset, recovered: true }, page: null }
  const { page, losses: now } = await readPage(core, tail, claim.offset)
  // Another node may have shown what this one has not heard of yet: it has to come as missed, not as news. [G3]
  if (mayHaveHadMore && page.epoch === tail.epoch && tail.offset < page.head) await readOn(core, tail)
  const start = startAt(claim, page)
  if (start.recovered === true) return { tail, losses: now, start, page }
  const from = rewind === null ? start.after : Math.max(start.after, page.head - rewind)
  const opening = await openBefore(core, tail, from)
  return { ...opening, start: { ...start, ...opening.start } }
}

/** Begins behind an offset, or behind what is gone for good. */
async function openBefore(core: Core, tail: Tail, after: number): Promise<Opening> {
  const { page, losses } = await readPage(core, tail, after)
  return { tail, losses, start: { after: Math.max(after, page.base) }, page }
}

/**
 * Decides what follows the confirmation. From here to `deliver` no other code may run. Undefined when the log
 * was lost since the opening was read: then it has to be read again.
 */
export function sew(core: Core, session: Session, opening: Opening): Stitch | undefined {
  const { tail, start, page } = opening
  if (opening.losses !== lossesOf(tail)) return undefined
  const next = stitch(tail, start.after, page)
  // Whoever joins many channels and takes nothing gets it when there is room.
  const mustWait = next.items.length > 0 && exceeds(core.wire.backlog(session.peer), core.settings.buffer)
  return mustWait ? { kind: 'page', items: [], upTo: start.after, controls: next.controls } : next
}

/** How many notifications follow: exact when the stitch goes live, else at most so many. */
export function pendingOf(opening: Opening, next: Stitch): number {
  return next.kind === 'live' ? next.items.length : Math.max(0, opening.tail.offset - opening.start.after)
}

export function admit(core: Core, session: Session, { tail, start }: Opening): Feed {
  const feed: Feed = { tail, received: start.after, epoch: tail.epoch, liveSince: 0, run: null }
  session.feeds = withFeed(session.feeds, feed)
  tail.members += 1
  core.memberChanges += 1
  if (tail.members === 1 && tail.stream.kind === 'channel') core.activeChannels += 1
  return feed
}

/** Takes a socket off a stream. What is under way ends. */
export function dismissFeed(core: Core, session: Session, feed: Feed): void {
  const { tail } = feed
  session.feeds = session.feeds.filter((other) => other !== feed)
  endRun(core, session, feed)
  if (tail.room !== null) core.wire.leave(session.peer, tail.room)
  tail.members -= 1
  core.memberChanges += 1
  if (tail.members === 0 && tail.stream.kind === 'channel') core.activeChannels -= 1
  if (tail.members === 0) sweepLater(core)
}

export function feedOn(session: Session, channel: string): Feed | undefined {
  return session.feeds.find(({ tail }) => tail.stream.kind === 'channel' && tail.stream.name === channel)
}
