import type { Batch } from './batch.ts'
import type { Removed } from './items.ts'
import type { StreamRow } from './streams.ts'

/**
 * What is over the bound of a stream is deleted in lumps: one by one it would double the pages that each commit
 * writes. A lump is a share of the bound, so that a small one stays small.
 */
const LUMP = 500
const LUMP_SHARE = 0.1

/**
 * How many more items an append gives up than a lump, when there are too many because the bound was lowered: it must
 * stay short. A prune does the rest.
 */
const EXTRA_TRIMS = 20

/** A stream has grown by so many: what is over its bound is out of sight at once, and deleted by and by. */
export function hideExcess(batch: Batch, row: StreamRow, maxItems: number, grownBy: number): void {
  const excess = row.head - maxItems
  if (excess <= row.base) return
  const { items } = batch.tables
  const top = items.topAlive(row.log, row.base, excess, batch.now)
  if (top !== undefined) {
    row.base = top
    batch.note(row)
  }
  const lump = lumpOf(maxItems)
  const before = Math.max(0, excess - grownBy)
  if (Math.floor(excess / lump) === Math.floor(before / lump)) return
  const gone = items.cutBelow(row.log, excess, grownBy + lump + EXTRA_TRIMS)
  if (gone !== undefined) batch.noteGone(gone)
}

function lumpOf(maxItems: number): number {
  return Math.min(LUMP, Math.ceil(maxItems * LUMP_SHARE))
}

/**
 * Deletes what a stream holds beyond its bound, because that was lowered: the oldest first, so many rows at most.
 * Returns how many it deleted. What is less than a lump is left to the appends.
 */
export function trimToCount(batch: Batch, row: StreamRow, maxItems: number, limit: number): number {
  const upTo = Math.max(row.head - maxItems, row.base)
  if (upTo <= 0) return 0
  const first = batch.tables.items.firstOffset(row.log)
  if (first === undefined || upTo - first + 1 < lumpOf(maxItems)) return 0
  const removed = batch.tables.items.removeBelow(row.log, upTo, limit)
  noteRemoved(batch, removed)
  raiseBase(batch, row, removed)
  return removed.length
}

/** Whoever comes back to below the base is told that something is gone. Of what had expired nobody need be told. */
export function raiseBase(batch: Batch, row: StreamRow, removed: readonly Removed[]): void {
  for (const { offset, expiresAt } of removed) {
    if (expiresAt !== null && expiresAt <= batch.now) continue
    if (offset <= row.base) continue
    row.base = offset
    batch.note(row)
  }
}

export function noteRemoved(batch: Batch, removed: readonly Removed[]): void {
  for (const { seq } of removed) batch.noteGone(seq)
}
