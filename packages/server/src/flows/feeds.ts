import { type RecoveryFailure, ServerEvent } from '@carillon/protocol'
import type { Head, Item, Page, StreamKey } from '@carillon/store'
import { replayedPayload } from '../rules/payloads.ts'
import { type Claimed, type Start, startAt } from '../rules/position.ts'
import { type Stitch, stitch } from '../rules/seam.ts'
import { BEHIND_ROOM, wireNameOf } from '../rules/streams.ts'
import { isIdle, pin, type Tail, unpin } from '../rules/tail.ts'
import { type Core, later, reportFault } from './core.ts'
import { parkIfSilent } from './parking.ts'
import { sayProblems } from './reply.ts'
import { type Feed, type Run, type Session, subscriberOf, withFeed } from './session.ts'
import { readOn, sweepLater, tailOf, whenOpen } from './tails.ts'

/*
 * How a socket gets onto a stream without a seam: read what it missed, then, in one synchronous step, emit the
 * end of it and enter the room. `openFeed` reads and may wait; `admit` and `deliver` are that step.
 */

/** A join that has read its first page. Its tail is pinned until it is delivered or dropped. */
export interface Opening {
  readonly tail: Tail
  readonly epoch: string
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
    const claim = since ?? (await (early ?? askCursor(core, session, stream, { epoch, offset })))
    if (claim !== null) return await openAt(core, tail, claim, rewind)
    const isAtHead = offset === 0 || (newcomer === 'head' && rewind === null)
    if (isAtHead) return { tail, epoch, start: { after: offset }, page: null }
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

async function openAt(core: Core, tail: Tail, claim: Claimed, rewind: number | null): Promise<Opening> {
  const { epoch } = tail
  const isAtTail = claim.epoch === epoch && claim.offset === tail.offset && claim.id == null
  if (isAtTail) return { tail, epoch, start: { after: claim.offset, recovered: true }, page: null }
  const page = await readPage(core, tail, claim.offset)
  const start = startAt(claim, page)
  if (start.recovered === true) return { tail, epoch: page.epoch, start, page }
  const from = rewind === null ? start.after : Math.max(start.after, page.head - rewind)
  const opening = await openBefore(core, tail, from)
  return { ...opening, start: { ...start, ...opening.start } }
}

/** Begins behind an offset, or behind what is gone for good. */
async function openBefore(core: Core, tail: Tail, after: number): Promise<Opening> {
  const page = await readPage(core, tail, after)
  return { tail, epoch: page.epoch, start: { after: Math.max(after, page.base) }, page }
}

/** Reads behind `after`. A page of another epoch than the tail's shows that the log was lost: the tail follows. */
async function readPage(core: Core, tail: Tail, after: number): Promise<Page> {
  for (;;) {
    const page = await core.store.read(tail.stream, { after, ...core.settings.page })
    if (page.epoch === tail.epoch) return page
    await readOn(core, tail)
  }
}

/** Lets go of an opening that will not be delivered. */
export function drop(core: Core, tail: Tail): void {
  unpin(tail)
  if (isIdle(tail)) sweepLater(core)
}

/**
 * Decides what follows the confirmation. From here to `deliver` no other code may run. Undefined when the log
 * was lost since the opening was read: then it has to be read again.
 */
export function sew(opening: Opening): Stitch | undefined {
  if (opening.epoch !== opening.tail.epoch) return undefined
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
  for (const item of next.items) emitMissed(core, session, tail, item)
  goLive(core, session, feed)
}

/** The server drives the pages: a stock client could not ask for them. */
async function catchUp(core: Core, session: Session, feed: Feed, run: Run, from: number): Promise<void> {
  const { tail } = feed
  let at = from
  let { epoch } = tail
  while (!run.isOver) {
    try {
      await core.wire.drained(session.peer)
      if (run.isOver) break
      const page = await readPage(core, tail, at)
      if (run.isOver) break
      if (page.epoch !== epoch) {
        // The log was lost on the way: what there is of the new one is all that can be served.
        sayLost(core, session, tail.stream, 'epoch')
        run.sent.length = 0
        epoch = page.epoch
        at = page.base
        continue
      }
      if (page.base > at) {
        // Retention was faster than the reader. [G5] What is gone is said, never passed over.
        sayLost(core, session, tail.stream, 'trimmed')
        at = page.base
      }
      const next = stitch(tail, at, page)
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
  for (const item of next.items) emitMissed(core, session, tail, item)
  run.sent.push({ at: core.clock.now(), offset: next.upTo })
  // Only what a heartbeat can still prove is of use.
  const horizon = core.clock.now() - core.settings.marks.keepMs
  while (run.sent.length > 1 && (run.sent[1]?.at ?? 0) < horizon) run.sent.shift()
}

function sayLost(core: Core, session: Session, stream: StreamKey, reason: RecoveryFailure): void {
  sayProblems(core, session, null, [{ code: 'history-lost', stream: wireNameOf(stream), reason }])
}

function emitMissed(core: Core, session: Session, tail: Tail, item: Item): void {
  core.wire.emit(
    session.peer,
    ServerEvent.NotificationReceived,
    replayedPayload(tail.stream, tail.epoch, item),
  )
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
  if (isIdle(tail)) sweepLater(core)
}

export function feedOn(session: Session, channel: string): Feed | undefined {
  return session.feeds.find(({ tail }) => tail.stream.kind === 'channel' && tail.stream.name === channel)
}
