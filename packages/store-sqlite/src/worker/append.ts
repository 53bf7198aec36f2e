import type { Written } from '@carillon/store'
import type { WireEntry, WireOutcome } from '../messages.ts'
import type { Batch } from './batch.ts'
import { isRowFault, toFault } from './faults.ts'
import type { KnownItem } from './items.ts'
import { trimToCount } from './retention.ts'
import type { StreamRow } from './streams.ts'

export interface AppendSettings {
  readonly author: number
  readonly maxItemsPerStream: number
}

/**
 * How many more items a stream gives up than it takes in, when it holds too many because the bound was lowered:
 * an append must stay short. A prune does the rest.
 */
const EXTRA_TRIMS = 20

/** Appends the entries of one call. */
export function append(
  batch: Batch,
  entries: readonly WireEntry[],
  settings: AppendSettings,
): readonly WireOutcome[] {
  const grown = new Map<StreamRow, number>()
  const outcomes = entries.map((entry) => {
    const row = batch.open(entry.stream)
    const before = row.head
    const outcome = appendEntry(batch, row, entry, settings.author)
    if (row.head > before) grown.set(row, (grown.get(row) ?? 0) + 1)
    return outcome
  })
  for (const [row, count] of grown) trimToCount(batch, row, settings.maxItemsPerStream, count + EXTRA_TRIMS)
  return outcomes
}

function appendEntry(batch: Batch, row: StreamRow, entry: WireEntry, author: number): WireOutcome {
  const { now, tables } = batch
  const { log, epoch } = row
  const expiresAt = entry.ttlMs === null ? null : Math.min(now + entry.ttlMs, Number.MAX_SAFE_INTEGER)
  const facts = { id: entry.id, offset: row.head + 1, timestamp: now, expiresAt }
  try {
    if (tables.items.insert({ ...facts, seq: batch.nextSeq, log, author }, entry)) {
      batch.take()
      row.head += 1
      row.touched = now
      batch.note(row)
      return receipt(epoch, facts, false)
    }
    const known = tables.items.byKey(log, entry.sender, entry.key)
    if (known === undefined) throw new Error('the item of a known key cannot be read')
    return known.hash === entry.hash ? receipt(epoch, known, true) : { outcome: 'conflict' }
  } catch (error) {
    // A statement that fails changes nothing; but some failures end the whole transaction.
    if (!tables.connection.isInTransaction || !isRowFault(error)) throw error
    return { outcome: 'refused', fault: toFault(error) }
  }
}

function receipt(
  epoch: string,
  { id, offset, timestamp, expiresAt }: Omit<KnownItem, 'hash'>,
  duplicate: boolean,
): Written {
  return { outcome: 'written', epoch, offset, id, timestamp, expiresAt, duplicate }
}
