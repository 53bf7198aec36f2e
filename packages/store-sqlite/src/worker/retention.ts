import type { Batch } from './batch.ts'
import type { Removed } from './items.ts'
import type { StreamRow } from './streams.ts'

/**
 * Drops the oldest items of a stream that holds more than it may, so many at most. Returns how many it dropped.
 */
export function trimToCount(batch: Batch, row: StreamRow, maxItems: number, limit: number): number {
  const excess = row.head - maxItems
  // What expired has no row any more, so a base that lags behind says nothing about what is there.
  if (excess <= row.base) return 0
  const removed = batch.tables.items.removeBelow(row.log, excess, limit)
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
