import type { Head } from '../port.ts'

/** An offset in the epoch of the stream as it is, or a place in an epoch that is over. */
export type Cursor = number | Head

/** Of most streams of a user there is one cursor, the user's: it is kept without the weight of a Map. */
interface SoleCursor {
  readonly subscriber: string
  at: Cursor
}

/** The cursors of one stream by subscriber, the one that was not moved for longest first. */
export type CursorSet = null | SoleCursor | Map<string, Cursor>

export function countCursors(set: CursorSet): number {
  return set === null ? 0 : set instanceof Map ? set.size : 1
}

export function getCursor(set: CursorSet, subscriber: string): Cursor | undefined {
  if (set instanceof Map) return set.get(subscriber)
  return set?.subscriber === subscriber ? set.at : undefined
}

export function subscribersOf(set: CursorSet): Iterable<string> {
  return set instanceof Map ? set.keys() : set === null ? [] : [set.subscriber]
}

/** Puts in a cursor of somebody who has none. Returns the set to use from now on. */
export function addCursor(set: CursorSet, subscriber: string, at: Cursor): CursorSet {
  if (set === null) return { subscriber, at }
  if (set instanceof Map) return set.set(subscriber, at)
  return new Map([[set.subscriber, set.at]]).set(subscriber, at)
}

/** Moves a cursor that is there. */
export function putCursor(set: CursorSet, subscriber: string, at: Cursor): CursorSet {
  if (!(set instanceof Map)) return { subscriber, at }
  // Out and in again: a Map keeps the order of insertion.
  set.delete(subscriber)
  return set.set(subscriber, at)
}

/** Returns the set to use from now on. */
export function dropCursor(set: CursorSet, subscriber: string): CursorSet {
  if (set instanceof Map) {
    set.delete(subscriber)
    return set.size === 0 ? null : set
  }
  return set?.subscriber === subscriber ? null : set
}

/** The stream enters a new epoch: offsets become places in the one that is over. */
export function retireCursors(set: CursorSet, epoch: string): void {
  if (set instanceof Map) {
    for (const [subscriber, at] of set) if (typeof at === 'number') set.set(subscriber, { epoch, offset: at })
  } else if (typeof set?.at === 'number') set.at = { epoch, offset: set.at }
}
