import type { Head, Page, StreamKey } from '@carillon/store'
import { lossesOf, setBack } from '../rules/loss.ts'
import { type Claimed, type Start, startAt } from '../rules/position.ts'
import { type Stitch, stitch } from '../rules/seam.ts'
import { BEHIND_ROOM } from '../rules/streams.ts'
import { pin, type Tail, unpin } from '../rules/tail.ts'
import { type Core, later, reportFault } from './core.ts'
import { sayLost } from './losses.ts'
import { emitMissed } from './pages.ts'
import { parkIfSilent } from './parking.ts'
import { readOn } from './reading.ts'
import { recheck } from './recheck.ts'
import { type Feed, noteLoss, type Run, type Session, subscriberOf, withFeed } from './session.ts'
import { sweepLater, tailOf, whenOpen } from './tails.ts'

/*
 * How a socket gets onto a stream without a seam: read what it missed, then, in one synchronous step, emit the
 * end of it and enter the room. `openFeed` reads and may wait; `admit` and `deliver` are that step.
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

const RETRY_MS = 1_000

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

/** A page of the log that the tail is on. */
interface Reading {
  readonly page: Page
  readonly losses: number
}

/** Reads behind `after`. A page that does not fit the tail shows that the log was lost: the tail follows. */
async function readPage(core: Core, tail: Tail, after: number): Promise<Reading> {
  for (;;) {
    const losses = lossesOf(tail)
    const { offset } = tail
    const page = await core.store.read(tail.stream, { after, ...core.settings.page })
    const fits = page.epoch === tail.epoch && page.head >= offset
    if (fits && lossesOf(tail) === losses) return { page, losses }
    if (!fits) await readOn(core, tail)
  }
}

/** Lets go of an opening that will not be delivered. */
export function drop(core: Core, tail: Tail): void {
  unpin(tail)
  if (tail.members === 0) sweepLater(core)
}

/**
 * Decides what follows the confirmation. From here to `deliver` no other code may run. Undefined when the log
 * was lost since the opening was read: then it has to be read again.
 */
export function sew(opening: Opening): Stitch | undefined {
  if (opening.losses !== lossesOf(opening.tail)) return undefined
  return stitch(opening.tail, opening.start.after, opening.page)
}

/** How many notifications follow: exact when the stitch goes live, else at most so many. */
export function pendingOf(opening: Opening, next: Stitch): number {
  return next.kind === 'live' ? next.items.length : Math.max(0, opening.tail.offset - opening.start.after)
}

export function admit(core: Core, session: Session, { tail, start }: Opening): Feed {
  const feed: Feed = { tail, received: start.after, epoch: tail.epoch, liveSince: 0, run: null }
  session.feeds = withFeed(session.feeds, feed)
  tail.members += 1
  if (tail.members === 1 && tail.stream.kind === 'channel') core.activeChannels += 1
  return feed
}

export function deliver(core: Core, session: Session, feed: Feed, next: Stitch): void {
  const { tail } = feed
  if (next.kind === 'page') {
    const run: Run = { isOver: false, sent: [] }
    feed.run = run
    if (tail.stream.kind === 'broadcast') {
      core.behind += 1
      core.wire.enter(session.peer, BEHIND_ROOM)
    }
    emitPage(core, session, tail, run, next)
    void catchUp(core, session, feed, run, next.upTo)
    return
  }
  if (next.items.length > 0) emitMissed(core, session, tail, next)
  goLive(core, session, feed)
}

/** The server drives the pages: a stock client could not ask for them. */
async function catchUp(core: Core, session: Session, feed: Feed, run: Run, from: number): Promise<void> {
  const { tail } = feed
  let at = from
  let losses = lossesOf(tail)
  while (!run.isOver) {
    try {
      await core.wire.drained(session.peer)
      if (run.isOver) break
      const { page } = await readPage(core, tail, at)
      if (run.isOver) break
      if (lossesOf(tail) !== losses) {
        at = goBack(core, session, feed, losses, at)
        losses = lossesOf(tail)
        continue
      }
      if (page.base > at) {
        // Retention was faster than the reader. [G5] What is gone is said, never passed over.
        at = page.base
        sayLost(core, session, tail, { reason: 'trimmed', from: at })
      }
      const next = stitch(tail, at, page)
      if (next.isDisconnect) void recheck(core, session)
      emitPage(core, session, tail, run, next)
      if (next.kind === 'page' && next.upTo === at) {
        // The store is behind what was emitted: it will catch up, or say that the log was lost.
        await pause(core)
        if (core.isClosing) break
      }
      at = next.upTo
      if (next.kind === 'live') {
        if (tail.stream.kind === 'broadcast') {
          core.behind -= 1
          core.wire.leave(session.peer, BEHIND_ROOM)
        }
        goLive(core, session, feed)
        return
      }
    } catch (cause) {
      reportFault(core, 'STORE_FAILED', 'Missed notifications could not be read; trying again', cause)
      await pause(core)
      if (core.isClosing) break
    }
  }
  drop(core, tail)
}

/** The log was lost on the way: a reader goes on from where what it had is still true. */
function goBack(core: Core, session: Session, feed: Feed, losses: number, at: number): number {
  const { tail, run } = feed
  const back = setBack(tail, losses, at)
  if (back === null) return at
  sayLost(core, session, tail, back)
  noteLoss(feed, back.from)
  run?.sent.splice(0)
  return back.from
}

/** A while, or at once when everything ends. */
function pause(core: Core): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      core.aborts.delete(end)
      resolve()
    }
    core.aborts.add(end)
    later(core, RETRY_MS, end)
    if (core.isClosing) end()
  })
}

function emitPage(core: Core, session: Session, tail: Tail, run: Run, next: Stitch): void {
  emitMissed(core, session, tail, next)
  run.sent.push({ at: core.clock.now(), offset: next.upTo })
  // Only what a heartbeat can still prove is of use.
  const horizon = core.clock.now() - core.settings.marks.keepMs
  while (run.sent.length > 1 && (run.sent[1]?.at ?? 0) < horizon) run.sent.shift()
}

function goLive(core: Core, session: Session, feed: Feed): void {
  feed.run = null
  feed.liveSince = core.clock.now()
  const { room } = feed.tail
  if (room !== null) core.wire.enter(session.peer, room)
  drop(core, feed.tail)
  if (feed.tail.stream.kind === 'user' && !parkIfSilent(core, feed.tail)) sweepLater(core)
}

/** Takes a socket off a stream. What is under way ends. */
export function dismissFeed(core: Core, session: Session, feed: Feed): void {
  const { tail } = feed
  session.feeds = session.feeds.filter((other) => other !== feed)
  if (feed.run !== null) {
    feed.run.isOver = true
    if (tail.stream.kind === 'broadcast') {
      core.behind -= 1
      core.wire.leave(session.peer, BEHIND_ROOM)
    }
  }
  if (tail.room !== null) core.wire.leave(session.peer, tail.room)
  tail.members -= 1
  if (tail.members === 0 && tail.stream.kind === 'channel') core.activeChannels -= 1
  if (tail.members === 0) sweepLater(core)
}

export function feedOn(session: Session, channel: string): Feed | undefined {
  return session.feeds.find(({ tail }) => tail.stream.kind === 'channel' && tail.stream.name === channel)
}
