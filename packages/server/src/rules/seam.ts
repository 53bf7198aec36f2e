import type { Item, Page } from '@carillon/store'
import type { Tail } from './tail.ts'

/** What a reader gets next. */
export type Stitch =
  /** Emit these, and from `upTo` on the reader is live: nothing is missing, nothing comes twice. */
  | { readonly kind: 'live'; readonly items: readonly Item[]; readonly upTo: number }
  /** Emit these and read on after `upTo`. */
  | { readonly kind: 'page'; readonly items: readonly Item[]; readonly upTo: number }

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
  if (covered >= tail.offset) return { kind: 'live', items: read, upTo: tail.offset }
  const rest = recentAfter(tail, covered)
  if (rest !== undefined) return { kind: 'live', items: read.concat(rest), upTo: tail.offset }
  return { kind: 'page', items: read, upTo: covered }
}

/** The emitted items above `offset`, if all of them are still held. */
function recentAfter(tail: Tail, offset: number): Item[] | undefined {
  const first = tail.recent[0]
  if (first === undefined || first.offset > offset + 1) return undefined
  return tail.recent.slice(offset + 1 - first.offset)
}
