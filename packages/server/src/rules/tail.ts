import type { Item, Page, StreamKey } from '@carillon/store'
import { createMarks, type Marks, mark } from './marks.ts'
import { roomOf } from './streams.ts'

/**
 * What a node last emitted of a stream. Everything that is emitted to the stream's room passes through here,
 * in offset order and once: what came early waits, what came twice is dropped.
 */
export interface Tail {
  readonly stream: StreamKey
  readonly room: string
  /** `opening` until the store has said where the stream stands. */
  state: 'opening' | 'open'
  epoch: string
  /** The last offset that was emitted, or the head when the tail opened. Moves at emission only. */
  offset: number
  /** Sockets that belong to the stream, those that are still catching up among them. */
  members: number
  /** Readers who need `recent` to go on from where their page ends. */
  pins: number
  /** The last items that were emitted, without a hole up to `offset`; kept while somebody reads. */
  recent: Item[]
  early: Map<number, Early>
  readonly marks: Marks
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

export interface MarkSettings {
  readonly bucketMs: number
  readonly keepMs: number
}

export function createTail(stream: StreamKey, marks: MarkSettings): Tail {
  return {
    stream,
    room: roomOf(stream),
    state: 'opening',
    epoch: '',
    offset: 0,
    members: 0,
    pins: 0,
    recent: [],
    early: new Map(),
    marks: createMarks(marks.bucketMs, marks.keepMs),
  }
}

/** The store has said where the stream stands. Returns what came in the meantime and is to be emitted. */
export function onOpened(tail: Tail, epoch: string, offset: number, now: number): Item[] {
  tail.state = 'open'
  tail.epoch = epoch
  tail.offset = offset
  tail.recent = []
  mark(tail.marks, now, offset)
  return release(tail, now)
}

/** An item was appended. Returns what is to be emitted now, in order. */
export function onAppended(tail: Tail, epoch: string, item: Item, now: number): Item[] {
  const isOpen = tail.state === 'open'
  if (isOpen && epoch === tail.epoch) {
    if (item.offset <= tail.offset) return []
    if (item.offset === tail.offset + 1 && tail.early.size === 0) {
      advance(tail, item, now)
      return [item]
    }
  }
  if (tail.early.size < EARLY_ITEMS) tail.early.set(item.offset, { epoch, item })
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
  if (page.coveredTo > tail.offset) {
    skipTo(tail, page.coveredTo)
    mark(tail.marks, now, tail.offset)
  }
  return emitted.concat(release(tail, now))
}

/** The log was lost and begins anew: nothing of the old epoch counts. */
export function onReset(tail: Tail, epoch: string, offset: number, now: number): void {
  tail.epoch = epoch
  tail.offset = offset
  tail.recent = []
  tail.marks.list.length = 0
  mark(tail.marks, now, offset)
}

/** What waits under another epoch than the tail's. */
export function strangersOf(tail: Tail): readonly Early[] {
  return [...tail.early.values()].filter(({ epoch }) => epoch !== tail.epoch)
}

export function forgetStrangers(tail: Tail, strangers: readonly Early[]): void {
  for (const stranger of strangers) {
    const { offset } = stranger.item
    if (tail.early.get(offset) === stranger) tail.early.delete(offset)
  }
}

/** Whether something is waiting for an offset that has not come. */
export function hasHole(tail: Tail): boolean {
  return tail.state === 'open' && tail.early.size > 0
}

export function pin(tail: Tail): void {
  tail.pins += 1
}

export function unpin(tail: Tail): void {
  tail.pins -= 1
  if (tail.pins === 0) tail.recent = []
}

export function isIdle(tail: Tail): boolean {
  return tail.members === 0 && tail.pins === 0 && tail.state === 'open'
}

function release(tail: Tail, now: number): Item[] {
  const emitted: Item[] = []
  for (let next = take(tail); next !== undefined; next = take(tail)) {
    advance(tail, next, now)
    emitted.push(next)
  }
  for (const [offset, { epoch }] of tail.early) {
    if (offset <= tail.offset && epoch === tail.epoch) tail.early.delete(offset)
  }
  return emitted
}

function take(tail: Tail): Item | undefined {
  const next = tail.early.get(tail.offset + 1)
  if (next === undefined || next.epoch !== tail.epoch) return undefined
  tail.early.delete(next.item.offset)
  return next.item
}

function advance(tail: Tail, item: Item, now: number): void {
  tail.offset = item.offset
  mark(tail.marks, now, item.offset)
  if (tail.pins === 0) return
  tail.recent.push(item)
  if (tail.recent.length > RECENT_ITEMS) tail.recent.shift()
}

function skipTo(tail: Tail, offset: number): void {
  tail.offset = offset
  // `recent` promises to have no hole.
  tail.recent = []
}
