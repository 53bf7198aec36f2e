import type { Written } from '@carillon/store'
import type { WireEntry, WireOutcome, WireRun, WireRunOutcome } from '../messages.ts'
import { expiryOf, unpackRun } from '../runs.ts'
import type { Batch } from './batch.ts'
import { isRowFault, toFault } from './faults.ts'
import type { KnownItem } from './items.ts'
import { hideExcess } from './retention.ts'
import type { StreamRow } from './streams.ts'

export interface AppendSettings {
  readonly author: number
  readonly maxItemsPerStream: number
}

/** Appends the entries of one call. */
export function append(
  batch: Batch,
  runs: readonly WireRun[],
  settings: AppendSettings,
): readonly WireRunOutcome[] {
  const grown = new Map<StreamRow, number>()
  const outcomes = runs.map((run) => {
    const row = batch.open(run.stream)
    const before = row.head
    const outcome =
      appendWhole(batch, row, run, settings.author) ?? appendEach(batch, row, run, settings.author)
    grown.set(row, (grown.get(row) ?? 0) + row.head - before)
    return outcome
  })
  for (const [row, count] of grown) {
    if (count > 0) hideExcess(batch, row, settings.maxItemsPerStream, count)
  }
  return outcomes
}

/** In one statement; undefined, and nothing is changed, when that is not possible. */
function appendWhole(
  batch: Batch,
  row: StreamRow,
  { count, rows }: WireRun,
  author: number,
): WireRunOutcome | undefined {
  const { now, tables, nextSeq } = batch
  const offset = row.head + 1
  try {
    tables.items.insertRun({ seq: nextSeq, log: row.log, offset, timestamp: now, author }, rows)
  } catch (error) {
    // A key that was used before, most likely: each entry has an outcome of its own then.
    if (!tables.connection.isInTransaction || !isRowFault(error)) throw error
    return undefined
  }
  batch.take(count)
  grow(batch, row, count)
  return { epoch: row.epoch, offset, timestamp: now }
}

function appendEach(batch: Batch, row: StreamRow, run: WireRun, author: number): WireRunOutcome {
  return { outcomes: unpackRun(run).map((entry) => appendEntry(batch, row, entry, author)) }
}

function grow(batch: Batch, row: StreamRow, count: number): void {
  row.head += count
  row.touched = batch.now
  batch.note(row)
}

function appendEntry(batch: Batch, row: StreamRow, entry: WireEntry, author: number): WireOutcome {
  const { now, tables } = batch
  const { log, epoch } = row
  const expiresAt = expiryOf(now, entry.ttlMs)
  const facts = { id: entry.id, offset: row.head + 1, timestamp: now, expiresAt }
  try {
    if (tables.items.insert({ ...facts, seq: batch.nextSeq, log, author }, entry)) {
      batch.take()
      grow(batch, row, 1)
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
