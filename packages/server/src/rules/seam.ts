import type { Item, Page } from '@carillon/store'
import type { Tail } from './tail.ts'

/** What a reader gets next. */
export interface Stitch {
  /**
   * `live`: emit the items, and from `upTo` on the reader is live: nothing is missing, nothing comes twice.
   * `page`: emit them and read on after `upTo`.
   */
  readonly kind: 'live' | 'page'
  readonly items: readonly Item[]
  readonly upTo: number
  /** Entries on the way that are for the server. */
  readonly controls: readonly Item[]
}

/**
 * Sews what was read to what is live. Pure and synchronous: between this decision and the moment at which the
 * reader enters the room, no other code may run.
 *
 * @param from the offset up to which the reader has been served
 * @param page what was read after `from`, or `null` when the reader started at the head of the tail
 */
export function stitch(tail: Tail, from: number, page: Page | null): Stitch {
  const covered = page === null ? from : Math.max(from, Math.min(page.coveredTo, tail.offset))
  // What is beyond the tail will be emitted to the room: the reader gets it there.
  const read =
    page === null ? [] : page.items.filter((item) => item.offset > from && item.offset <= tail.offset)
  if (covered >= tail.offset) return stitchOf(tail, 'live', read, tail.offset)
  const rest = recentAfter(tail, covered)
  if (rest !== undefined) return stitchOf(tail, 'live', read.concat(rest), tail.offset)
  return stitchOf(tail, 'page', read, covered)
}

const NONE: readonly Item[] = []

/** What is for the server is shown to nobody. */
function stitchOf({ stream }: Tail, kind: Stitch['kind'], items: readonly Item[], upTo: number): Stitch {
  if (stream.kind !== 'user' || items.every(isShown)) return { kind, items, upTo, controls: NONE }
  const controls = items.filter((item) => !isShown(item))
  return { kind, items: items.filter(isShown), upTo, controls }
}

/** Whether an item is for people. */
export function isShown({ content }: Item): boolean {
  return content.control === undefined
}

/** The emitted items above `offset`, if all of them are still held. */
function recentAfter(tail: Tail, offset: number): Item[] | undefined {
  const first = tail.recent[0]
  if (first === undefined || first.offset > offset + 1) return undefined
  return tail.recent.slice(offset + 1 - first.offset)
}
