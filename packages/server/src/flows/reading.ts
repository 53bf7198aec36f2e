import type { RecoveryFailure } from '@carillon/protocol'
import type { Page } from '@carillon/store'
import { groundOf, isPutBack, lossesOf, lossOf, remembers } from '../rules/loss.ts'
import { forgetLost, onLooked, onPage, onTrimmed, pin, type Tail, unpin, waitingOf } from '../rules/tail.ts'
import { type Core, later, reportFault } from './core.ts'
import { emitItems } from './emission.ts'

/*
 * A tail lives of what it is told. What it was not told it reads here: holes, what came while nobody told it, and
 * whether the log is still the one that it knows.
 */

const RETRY_MS = 1_000

/** One item says which log it is. */
const GLANCE = { limit: 1, maxBytes: 1 } as const

/** Why a log is looked at: what was emitted last when something did not fit. */
export interface Suspicion {
  readonly losses: number
  readonly offset: number
  readonly id: string | null
  /** An append got an offset that was taken when it was submitted. */
  isProved: boolean
  /** Something more came up while it was looked at. */
  isDueAgain: boolean
  /** It is looked at at once, and once more a moment later. */
  readonly isEarly: boolean
  /** Brings the look forward; `null` while it is under way. */
  cancel: (() => void) | null
}

/**
 * The log may be another one by now. Whoever got the first of the new log without a word, and was then cut off, would
 * come back with a place that fits, and never hear of what was lost before it: nothing more is emitted unread until
 * the log has been looked at. [G5]
 */
export function hold(core: Core, tail: Tail, isProved = false): void {
  tail.doubts += 1
  // Somebody waits for it. What is written late, and was not confirmed, the look after it finds.
  suspect(core, tail, isProved, 0)
}

/**
 * The store was out of reach since the tail was looked at last, and may have come back with another log: what was
 * emitted is looked for there before anything more is. [G5]
 */
export function holdAfterGap(core: Core, tail: Tail): void {
  if (tail.gaps === core.gaps) return
  tail.gaps = core.gaps
  // Where nothing was emitted a look can tell nothing.
  if (remembers(tail)) hold(core, tail)
}

/**
 * Something does not fit what was emitted, or may have been written unheard: the log is looked at and read to its
 * end, once for all that comes in a moment. Until then the tail is neither parked nor dropped.
 */
export function suspect(core: Core, tail: Tail, isProved = false, waitMs = core.settings.holeWaitMs): void {
  const known = core.suspects.get(tail)
  if (known !== undefined) {
    known.isProved ||= isProved
    known.isDueAgain = true
    return
  }
  // As it is now: what is emitted until the look may be of another log already.
  const last = tail.marks?.at(-1)
  const [offset, id] = [last?.offset ?? 0, last?.id ?? null]
  const suspicion: Suspicion = {
    losses: lossesOf(tail),
    offset,
    id,
    isProved,
    isDueAgain: false,
    isEarly: waitMs === 0,
    cancel: null,
  }
  core.suspects.set(tail, suspicion)
  pin(tail)
  lookLater(core, tail, suspicion, waitMs)
}

function lookLater(core: Core, tail: Tail, suspicion: Suspicion, ms: number): void {
  suspicion.cancel = later(core, ms, () => void look(core, tail, suspicion))
}

/** The store answers: what waits for a look need not wait until the next one is due. */
export async function lookNow(core: Core, tail: Tail): Promise<void> {
  const suspicion = core.suspects.get(tail)
  if (suspicion === undefined || suspicion.cancel === null) return
  suspicion.cancel()
  await look(core, tail, suspicion)
}

async function look(core: Core, tail: Tail, suspicion: Suspicion): Promise<void> {
  suspicion.isDueAgain = false
  suspicion.cancel = null
  const { doubts } = tail
  const lossesBefore = lossesOf(tail)
  try {
    await core.opening.get(tail)
    // From here to the read nothing waits, so that the page is of the very place that is looked at.
    if (!isToldByPage(tail, suspicion)) await verify(core, tail, suspicion)
    // Whoever goes leaves what waits to those who come: unread it says nothing.
    if (!(await readToEnd(core, tail))) return
  } catch (cause) {
    reportFault(core, 'STORE_FAILED', 'A stream could not be checked; trying again', cause)
    // With the same memory: after an outage a log may have been put back, and grown again before anybody looks.
    lookLater(core, tail, suspicion, RETRY_MS)
    return
  }
  emitItems(core, tail, onLooked(tail, lossesBefore, doubts, core.clock.now()))
  core.suspects.delete(tail)
  unpin(tail)
  const { isDueAgain, isEarly, isProved, losses } = suspicion
  if (isDueAgain || isEarly || tail.doubts > 0) suspect(core, tail, isProved && losses === lossesOf(tail))
}

/** Where the tail has not moved on since, the page behind its place tells what a glance at it would. */
function isToldByPage(tail: Tail, { offset, id, isProved }: Suspicion): boolean {
  if (isProved) return false
  const place = groundOf(tail)
  return id === null || (place.offset === offset && place.id === id)
}

async function verify(core: Core, tail: Tail, { losses, offset, id, isProved }: Suspicion): Promise<void> {
  const seen = await core.store.read(tail.stream, { after: offset, ...GLANCE })
  // A loss that was noticed meanwhile explains it.
  if (lossesOf(tail) !== losses || seen.epoch !== tail.epoch) return
  const isOther = id !== null && seen.idAt !== null && seen.idAt !== id
  if (isOther || isProved) await beginAnew(core, tail, isOther ? 'id-mismatch' : 'future', seen, offset)
  else if (seen.idAt === id) tail.verified = id
}

/**
 * Reads up to where the log ended when the reading began: what comes after that is told, and waits. A busy stream has
 * no other end. Resolves to false when it was closed before that.
 */
async function readToEnd(core: Core, tail: Tail): Promise<boolean> {
  for (let end = Number.POSITIVE_INFINITY; !core.isClosing; ) {
    const head = await readOn(core, tail)
    if (head === null) return true
    end = Math.min(end, head)
    if (tail.offset >= end) return true
  }
  return false
}

/**
 * Reads one page behind the tail and emits it; or finds that the log was lost, and begins anew. Resolves to where the
 * log ended if there is more to read.
 */
export async function readOn(core: Core, tail: Tail): Promise<number | null> {
  pin(tail)
  try {
    return await readBehind(core, tail)
  } finally {
    unpin(tail)
  }
}

async function readBehind(core: Core, tail: Tail): Promise<number | null> {
  const place = groundOf(tail)
  const losses = lossesOf(tail)
  const waited = waitingOf(tail)
  const { missed } = tail
  const page = await core.store.read(tail.stream, { after: place.offset, ...core.settings.page })
  // Somebody else has found the new log meanwhile: this page was read from a place in the old one.
  if (lossesOf(tail) !== losses) return null
  // What was trimmed before it was read, and was told, is at hand.
  emitItems(core, tail, onTrimmed(tail, page, core.clock.now()))
  const reason = lossOf(tail, place, page)
  if (reason !== undefined) {
    hold(core, tail)
    await beginAnew(core, tail, reason, page, place.offset)
    return null
  }
  if (place.id !== null && page.idAt === place.id) tail.verified = place.id
  forgetLost(tail, waited, page, missed)
  emitItems(core, tail, onPage(tail, page, core.clock.now()))
  return page.coveredTo < page.head ? page.head : null
}

/**
 * Finds out how much of what was emitted is still true, and puts every reader on the log as it is now. [G5]
 *
 * @param upTo what was emitted above may be of the new log already
 */
async function beginAnew(
  core: Core,
  tail: Tail,
  reason: RecoveryFailure,
  seen: Page,
  upTo: number,
): Promise<void> {
  const losses = lossesOf(tail)
  const shared = isPutBack(reason) ? await lastShared(core, tail, upTo) : 0
  const after = reason === 'trimmed' ? seen.base : shared
  const page = await core.store.read(tail.stream, { after, ...core.settings.page })
  if (lossesOf(tail) !== losses) return
  const isChanged = page.epoch !== seen.epoch || page.head < after
  // It went back once more while it was looked at.
  if (isChanged) await readOn(core, tail)
  else core.restart(tail, page, reason, Math.max(after, page.base))
}

/**
 * A log that was put back to an earlier state is the same up to some offset: the last one, among those that the
 * tail remembers, at which the store still has what was emitted.
 */
async function lastShared(core: Core, tail: Tail, upTo: number): Promise<number> {
  const known = (tail.marks ?? []).filter(({ id, offset }) => id !== null && offset <= upTo)
  let shared = 0
  for (let low = 0, high = known.length; low < high; ) {
    const middle = (low + high) >> 1
    const { offset = 0, id = null } = known[middle] ?? {}
    const { idAt } = await core.store.read(tail.stream, { after: offset, ...GLANCE })
    if (idAt === id) {
      shared = offset
      low = middle + 1
    } else high = middle
  }
  return shared
}
