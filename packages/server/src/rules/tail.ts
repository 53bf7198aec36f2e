import type { RecoveryFailure } from '@carillon/protocol'
import type { Item, Page, StreamKey } from '@carillon/store'
import { lossesOf } from './loss.ts'
import { createMarks, type MarkSettings, type Marks, mark, offsetBefore } from './marks.ts'
import { roomOf } from './streams.ts'

/**
 * What a node last emitted of a stream. Everything that is emitted to the stream's room passes through here,
 * in offset order and once: what came early waits, what came twice is dropped.
 */
export interface Tail {
  readonly stream: StreamKey
  /** Whom it is emitted to; `null` where no room of its own is needed. */
  readonly room: string | null
  /** `opening` until the store has said where the stream stands. */
  state: 'opening' | 'open'
  epoch: string
  /** The last offset that was emitted, or the head when the tail opened. Moves at emission only. */
  offset: number
  /** How the log was lost last, if it ever was. */
  loss: Loss | null
  /** The last id at which the store was seen to have what was emitted. */
  verified: string | null
  /**
   * Reasons to think that the log is another one by now, until somebody has looked. Meanwhile only what is read goes
   * out, for only a read tells of which log it is; what is said to be new waits.
   */
  doubts: number
  /** How many gaps of the news there had been when it was known to be on the log as it is. */
  gaps: number
  /** Sockets that belong to the stream, those that are still catching up among them. */
  members: number
  /** Readers who need `recent` to go on from where their page ends. */
  pins: number
  /** The last items that were emitted, without a hole up to `offset`; kept while somebody reads. */
  recent: Item[]
  /** What came before its turn. */
  early: Map<number, Early> | null
  /** Up to where something was told that found no room there: it has to be read. */
  missed: number
  /** What was emitted when; `null` as long as nothing was. */
  marks: Marks | null
  readonly marking: MarkSettings
}

/** The log was lost, in whole or in its last part, or was trimmed faster than it was read. */
export interface Loss {
  readonly reason: RecoveryFailure
  /** Up to here what readers have had is still true; everything above is read anew. */
  readonly from: number
  /** Counts the losses of this tail. Whoever missed one of two goes on from the base. */
  readonly nth: number
  /** When it was noticed, in monotonic milliseconds. */
  readonly at: number
}

/** An item that waits for its turn. */
export interface Early {
  readonly epoch: string
  readonly item: Item
}

/** Enough for a reader to go live on a busy stream; one that falls further behind reads another page. */
const RECENT_ITEMS = 256

/** Early items beyond this are read from the store instead of being held. */
const EARLY_ITEMS = 1_024

/** Most streams are idle: what they would hold is made when they need it. */
const NO_ITEMS: Item[] = []

export function createTail(stream: StreamKey, marking: MarkSettings, gaps = 0): Tail {
  return {
    stream,
    room: stream.kind === 'channel' ? roomOf(stream) : null,
    state: 'opening',
    epoch: '',
    offset: 0,
    loss: null,
    verified: null,
    doubts: 0,
    gaps,
    members: 0,
    pins: 0,
    recent: NO_ITEMS,
    early: null,
    missed: 0,
    marks: null,
    marking,
  }
}

/** The store has said where the stream stands. Returns what came in the meantime and is to be emitted. */
export function onOpened(tail: Tail, epoch: string, offset: number, now: number): Item[] {
  tail.state = 'open'
  tail.epoch = epoch
  tail.offset = offset
  return release(tail, now)
}

/** An item was appended. Returns what is to be emitted now, in order. */
export function onAppended(tail: Tail, epoch: string, item: Item, now: number): Item[] {
  const isOpen = tail.state === 'open'
  if (isOpen && epoch === tail.epoch) {
    if (item.offset <= tail.offset) return []
    if (item.offset === tail.offset + 1 && tail.early === null && tail.doubts === 0) {
      advance(tail, item, now)
      return [item]
    }
  }
  tail.early ??= new Map()
  if (tail.early.size < EARLY_ITEMS) tail.early.set(item.offset, { epoch, item })
  else if (epoch === tail.epoch) tail.missed = Math.max(tail.missed, item.offset)
  return isOpen ? release(tail, now) : []
}

/** A page was read to fill a hole. Offsets that it covers without an item are gone for good. */
export function onPage(tail: Tail, page: Page, now: number): Item[] {
  const emitted: Item[] = []
  for (const item of page.items) {
    if (item.offset <= tail.offset) continue
    // Between two items of a page nothing is left in the store.
    if (item.offset !== tail.offset + 1) skipTo(tail, item.offset - 1)
    advance(tail, item, now)
    emitted.push(item)
  }
  if (page.coveredTo > tail.offset) skipTo(tail, page.coveredTo)
  return emitted.concat(release(tail, now))
}

/**
 * The log was lost and goes on elsewhere: nothing counts of what the tail knew. Its readers have to be put on it
 * anew in the same step.
 */
export function onLost(tail: Tail, page: Page, { reason, from, at }: Omit<Loss, 'nth'>): void {
  tail.loss = { reason, from, at, nth: lossesOf(tail) + 1 }
  const { epoch, head } = page
  // That was it.
  tail.doubts = 0
  // What waits under the same epoch may be of the part that is gone, and would pass for what comes at its offset.
  if (epoch === tail.epoch) tail.early = null
  tail.epoch = epoch
  tail.offset = head
  tail.recent = NO_ITEMS
  tail.missed = 0
  tail.marks = marksAfter(tail, page, { reason, from, at })
}

/** What the readers of a lost log have had of it is as good to know the log by as what is emitted. */
function marksAfter(tail: Tail, page: Page, { reason, from, at }: Omit<Loss, 'nth'>): Marks {
  const isSame = reason === 'future' || reason === 'id-mismatch'
  const kept = isSame ? (tail.marks ?? []).filter(({ offset }) => offset <= from) : []
  const last = page.items.at(-1)
  const id = last?.offset === page.head ? last.id : null
  return [...kept, { since: at, at, offset: page.head, id }]
}

/** What was trimmed before it was read, but was told, up to what is read now. */
export function onTrimmed(tail: Tail, page: Page, now: number): Item[] {
  const [first] = page.items
  if (page.epoch !== tail.epoch || page.base <= tail.offset || first === undefined) return []
  const told: Item[] = []
  for (let offset = tail.offset + 1; offset <= first.offset; offset++) {
    const early = tail.early?.get(offset)
    if (early === undefined || early.epoch !== page.epoch) return []
    told.push(early.item)
  }
  if (told.at(-1)?.id !== first.id) return []
  for (const item of told) advance(tail, item, now)
  return told
}

/** What has waited for its turn and whose turn it is by now: to be emitted. */
export function onReady(tail: Tail, now: number): Item[] {
  return release(tail, now)
}

/**
 * The log was looked at, and is the one that was known, or was lost and the tail begun anew: these doubts are
 * answered. Returns what has waited for that and is to be emitted.
 *
 * @param losses how often the log had been lost when the look began
 */
export function onLooked(tail: Tail, losses: number, doubts: number, now: number): Item[] {
  if (losses === lossesOf(tail)) tail.doubts -= doubts
  return release(tail, now)
}

export function waitingOf(tail: Tail): readonly Early[] {
  return [...(tail.early?.values() ?? [])]
}

/**
 * A read that began after these came knows their log no longer, or no end so far: they are of what was lost. Left
 * there, they would pass for what comes at their offsets.
 */
export function forgetLost(tail: Tail, waited: readonly Early[], { head }: Page, missed = 0): void {
  if (missed > head && tail.missed === missed) tail.missed = 0
  for (const one of waited) {
    const { offset } = one.item
    const isLost = one.epoch !== tail.epoch || offset > head
    if (isLost && tail.early?.get(offset) === one) tail.early.delete(offset)
  }
  if (tail.early?.size === 0) tail.early = null
}

/** Whether something is waiting for an offset that has not come. */
export function hasHole(tail: Tail): boolean {
  return tail.state === 'open' && (tail.early !== null || tail.missed > tail.offset)
}

export function pin(tail: Tail): void {
  tail.pins += 1
}

export function unpin(tail: Tail): void {
  tail.pins -= 1
  if (tail.pins === 0) tail.recent = NO_ITEMS
}

/** Whether nothing was emitted for so long that nothing more can be proved of it. */
export function isQuiet({ state, pins, early, marks, marking }: Tail, now: number): boolean {
  if (state === 'opening' || pins > 0 || early !== null) return false
  const last = marks?.at(-1)
  return last === undefined || last.at < now - marking.keepMs
}

export function isIdle(tail: Tail): boolean {
  return tail.members === 0 && tail.pins === 0 && tail.state === 'open'
}

/**
 * What a socket has surely received that got everything since `liveSince`, when everything emitted before
 * `provedUntil` has arrived.
 */
export function provedOffset(tail: Tail, liveSince: number, provedUntil: number): number | undefined {
  if (liveSince >= provedUntil) return undefined
  return tail.marks === null ? tail.offset : offsetBefore(tail.marks, provedUntil)
}

function release(tail: Tail, now: number): Item[] {
  const emitted: Item[] = []
  const { early } = tail
  if (early === null) return emitted
  const isHeld = tail.doubts > 0
  for (let next = isHeld ? undefined : take(tail, early); next !== undefined; next = take(tail, early)) {
    advance(tail, next, now)
    emitted.push(next)
  }
  for (const [offset, { epoch }] of early) {
    if (offset <= tail.offset && epoch === tail.epoch) early.delete(offset)
  }
  if (early.size === 0) tail.early = null
  return emitted
}

function take(tail: Tail, early: Map<number, Early>): Item | undefined {
  const next = early.get(tail.offset + 1)
  if (next === undefined || next.epoch !== tail.epoch) return undefined
  early.delete(next.item.offset)
  return next.item
}

function advance(tail: Tail, item: Item, now: number): void {
  tail.marks ??= createMarks(tail.offset)
  tail.offset = item.offset
  mark(tail.marks, tail.marking, now, item)
  if (tail.pins === 0) return
  if (tail.recent === NO_ITEMS) tail.recent = []
  tail.recent.push(item)
  if (tail.recent.length > RECENT_ITEMS) tail.recent.shift()
}

function skipTo(tail: Tail, offset: number): void {
  tail.offset = offset
  // `recent` promises to have no hole.
  tail.recent = NO_ITEMS
}
