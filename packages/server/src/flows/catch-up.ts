import type { Page } from '@carillon/store'
import { lossesOf, setBack } from '../rules/loss.ts'
import type { Mark } from '../rules/marks.ts'
import { type Stitch, stitch } from '../rules/seam.ts'
import { BEHIND_ROOM } from '../rules/streams.ts'
import { pin, type Tail, unpin } from '../rules/tail.ts'
import { type Core, later, reportFault } from './core.ts'
import { sayLost } from './losses.ts'
import { emitMissed } from './pages.ts'
import { parkIfSilent } from './parking.ts'
import { readOn } from './reading.ts'
import { type Feed, noteLoss, type Run, type Session } from './session.ts'
import { sweepLater } from './tails.ts'
import { inTurn } from './turns.ts'

/*
 * How a socket gets what it missed, page by page, until it is live; and how somebody who is live but cannot keep up
 * is put back among those who read.
 */

const RETRY_MS = 1_000

/** Emits what was decided with the confirmation: then the feed is live, or reads on. */
export function deliver(core: Core, session: Session, feed: Feed, next: Stitch): void {
  if (next.kind === 'page') {
    const run = beginRun(core, session, feed, [])
    emitPage(core, session, feed.tail, run, next)
    void catchUp(core, session, feed, run, next.upTo)
    return
  }
  if (next.items.length > 0) emitMissed(core, session, feed.tail, next)
  goLive(core, session, feed)
}

/**
 * A live socket takes less than is emitted: it leaves the room, and goes on from here by reading, each page when it
 * has taken everything before. What was emitted up to here is on its way. [G1]
 */
export function fallBehind(core: Core, session: Session, feed: Feed): void {
  const { tail } = feed
  pin(tail)
  if (tail.room !== null) core.wire.leave(session.peer, tail.room)
  const run = beginRun(core, session, feed, sentLive(core, feed))
  void catchUp(core, session, feed, run, tail.offset)
}

/** Ends what is under way. */
export function endRun(core: Core, session: Session, feed: Feed): void {
  if (feed.run === null) return
  feed.run.isOver = true
  unmarkBehind(core, session, feed)
}

/** Lets go of a tail whose reader does not go on. */
export function drop(core: Core, tail: Tail): void {
  unpin(tail)
  if (tail.members === 0) sweepLater(core)
}

/** A page of the log that the tail is on. */
interface Reading {
  readonly page: Page
  readonly losses: number
}

/** Reads behind `after`. A page that does not fit the tail shows that the log was lost: the tail follows. */
export async function readPage(core: Core, tail: Tail, after: number): Promise<Reading> {
  for (;;) {
    const losses = lossesOf(tail)
    const { offset } = tail
    const page = await core.store.read(tail.stream, { after, ...core.settings.page })
    const fits = page.epoch === tail.epoch && page.head >= offset
    if (fits && lossesOf(tail) === losses) return { page, losses }
    if (!fits) await readOn(core, tail)
  }
}

function beginRun(core: Core, session: Session, feed: Feed, sent: Run['sent']): Run {
  const run: Run = { isOver: false, sent }
  feed.run = run
  if (feed.tail.stream.kind === 'broadcast') {
    core.behind += 1
    core.wire.enter(session.peer, BEHIND_ROOM)
  }
  return run
}

function unmarkBehind(core: Core, session: Session, { tail }: Feed): void {
  if (tail.stream.kind !== 'broadcast') return
  core.behind -= 1
  core.wire.leave(session.peer, BEHIND_ROOM)
}

/** What was emitted to the room while the socket was in it: a heartbeat may still prove it. [G2] */
function sentLive(core: Core, { tail, liveSince }: Feed): Run['sent'] {
  const sent = (tail.marks ?? []).map(({ at, offset }: Mark) => ({ at: Math.max(at, liveSince), offset }))
  return [...sent, { at: core.clock.now(), offset: tail.offset }]
}

/** How far a reader was served, and on which of the logs that were lost since. */
interface Reader {
  at: number
  losses: number
}

/** The server drives the pages: a stock client could not ask for them. */
async function catchUp(core: Core, session: Session, feed: Feed, run: Run, from: number): Promise<void> {
  const reader: Reader = { at: from, losses: lossesOf(feed.tail) }
  while (!run.isOver) {
    try {
      const step = await inTurn(core, session, () => serveNext(core, session, feed, run, reader))
      if (step === 'live') return
      if (step === 'on') continue
    } catch (cause) {
      reportFault(core, 'STORE_FAILED', 'Missed notifications could not be read; trying again', cause)
    }
    await pause(core)
    if (core.isClosing) break
  }
  drop(core, feed.tail)
}

/** One page. `wait`: the store is behind what was emitted; it will catch up, or say that the log was lost. */
async function serveNext(
  core: Core,
  session: Session,
  feed: Feed,
  run: Run,
  reader: Reader,
): Promise<'live' | 'on' | 'wait'> {
  if (run.isOver) return 'on'
  const { tail } = feed
  const { page } = await readPage(core, tail, reader.at)
  if (run.isOver) return 'on'
  if (lossesOf(tail) !== reader.losses) {
    goBack(core, session, feed, reader)
    return 'on'
  }
  if (page.base > reader.at) {
    // Retention was faster than the reader. [G5] What is gone is said, never passed over.
    reader.at = page.base
    sayLost(core, session, tail, { reason: 'trimmed', from: reader.at })
  }
  const next = stitch(tail, reader.at, page)
  emitPage(core, session, tail, run, next)
  for (const item of next.controls) core.heed(session, item)
  if (run.isOver) return 'on'
  if (next.kind === 'live') {
    unmarkBehind(core, session, feed)
    goLive(core, session, feed)
    return 'live'
  }
  const hasRead = next.upTo !== reader.at
  reader.at = next.upTo
  return hasRead ? 'on' : 'wait'
}

/** The log was lost on the way: a reader goes on from where what it had is still true. */
function goBack(core: Core, session: Session, feed: Feed, reader: Reader): void {
  const { tail, run } = feed
  const back = setBack(tail, reader.losses, reader.at)
  reader.losses = lossesOf(tail)
  if (back === null) return
  sayLost(core, session, tail, back)
  noteLoss(feed, back.from)
  run?.sent.splice(0)
  reader.at = back.from
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
