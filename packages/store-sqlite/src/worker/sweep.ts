import type { SweepPart, Swept } from '../messages.ts'
import { type Batch, TOUCH_MS } from './batch.ts'
import type { CursorRow } from './cursor-table.ts'
import type { Removed } from './items.ts'
import { noteRemoved, raiseBase, trimToCount } from './retention.ts'

export interface SweepSettings {
  readonly maxItemsPerStream: number
  readonly maxAgeMs: number
  readonly maxAwayMs: number
}

/** One step of a part: short, because appends wait meanwhile. */
export type Sweeper = (batch: Batch, part: SweepPart) => Swept

/** Rows that a step removes at most. */
export const STEP_ROWS = 250
/** Rows that a step looks at, when it only has to look. */
const WALK_ROWS = 1_000
/** Steps of a walk in one prune: the next one goes on from there, so that a prune stays bounded. */
const WALK_STEPS = 20

const NOTHING: Swept = { dropped: 0, isMore: false }
const START = { user: '', stream: 0, device: '' }

export function createSweeper({ maxItemsPerStream, maxAgeMs, maxAwayMs }: SweepSettings): Sweeper {
  // A use is noted once in so long: the last one may be later than it seems by as much. A stream is touched by
  // its cursors in the same way, and must not go before them.
  const cursorMs = maxAwayMs + TOUCH_MS
  const streamMs = cursorMs + TOUCH_MS
  let lastStream = 0
  let lastCursor: Pick<CursorRow, 'user' | 'stream' | 'device'> = START
  const stepsLeft = { streams: WALK_STEPS, cursors: WALK_STEPS }

  /** Whether the walk goes on in this prune. */
  function walksOn(part: 'streams' | 'cursors', isAtEnd: boolean): boolean {
    stepsLeft[part] -= 1
    const isOver = isAtEnd || stepsLeft[part] === 0
    if (isOver) stepsLeft[part] = WALK_STEPS
    return !isOver
  }

  function sweepStreams(batch: Batch): Swept {
    let dropped = 0
    const rows = batch.tables.streams.walk(lastStream, WALK_ROWS)
    for (const walked of rows) {
      const row = batch.find(walked)
      if (row !== undefined) dropped += trimToCount(batch, row, maxItemsPerStream, STEP_ROWS - dropped)
      if (dropped >= STEP_ROWS) return { dropped, isMore: true }
      lastStream = walked.id
      const isIdle = row !== undefined && row.touched < batch.now - streamMs
      if (row === undefined || !isIdle || batch.tables.items.hasAny(row.log)) continue
      batch.endLife(row)
      batch.drop(row)
    }
    const isAtEnd = rows.length < WALK_ROWS
    if (isAtEnd) lastStream = 0
    return { dropped, isMore: walksOn('streams', isAtEnd) }
  }

  function sweepCursors(batch: Batch): Swept {
    if (maxAwayMs === Number.POSITIVE_INFINITY) return NOTHING
    const rows = batch.tables.cursors.walk(lastCursor, WALK_ROWS)
    for (const { user, stream, device, moved } of rows) {
      if (moved < batch.now - cursorMs) batch.tables.cursors.remove(user, stream, device)
    }
    const isAtEnd = rows.length < WALK_ROWS
    lastCursor = isAtEnd ? START : (rows.at(-1) ?? START)
    return { dropped: 0, isMore: walksOn('cursors', isAtEnd) }
  }

  const parts: Readonly<Record<SweepPart, (batch: Batch) => Swept>> = {
    graves: sweepGraves,
    expired: sweepExpired,
    aged: (batch) => sweepAged(batch, maxAgeMs),
    streams: sweepStreams,
    cursors: sweepCursors,
  }
  return (batch, part) => parts[part](batch)
}

/** Deletes what streams that were cleared or forgotten have left behind. */
function sweepGraves(batch: Batch): Swept {
  const log = batch.tables.graves.first()
  if (log === undefined) return NOTHING
  const removed = batch.tables.items.removeOfLog(log, STEP_ROWS)
  noteRemoved(batch, removed)
  if (removed.length < STEP_ROWS) batch.tables.graves.remove(log)
  // These were dropped when the stream was cleared.
  return { dropped: 0, isMore: true }
}

function sweepExpired(batch: Batch): Swept {
  const removed = batch.tables.items.removeExpired(batch.now, STEP_ROWS)
  noteRemoved(batch, removed)
  return { dropped: removed.length, isMore: removed.length === STEP_ROWS }
}

/**
 * Deletes from the oldest append on, and stops at the first that is young enough: of each stream only the beginning
 * may go. A time in the future was written by a clock that was wrong, and says nothing: what is around it decides.
 */
function sweepAged(batch: Batch, maxAgeMs: number): Swept {
  const { now, tables } = batch
  const oldest = tables.items.oldest(STEP_ROWS)
  let upTo = 0
  for (const { seq, timestamp } of oldest) {
    if (timestamp < now - maxAgeMs) upTo = seq
    else if (timestamp <= now) break
  }
  if (upTo === 0) return NOTHING
  const removed = tables.items.removeUpTo(upTo)
  noteRemoved(batch, removed)
  for (const [log, items] of byLog(removed)) {
    const walked = tables.streams.ofLog(log)
    const row = walked && batch.find(walked)
    // Not of a life that ended in this very transaction: the base of the new one would hide what comes.
    if (row?.log === log) raiseBase(batch, row, items)
  }
  return { dropped: removed.length, isMore: removed.length === oldest.length }
}

function byLog(removed: readonly Removed[]): Map<number, Removed[]> {
  const logs = new Map<number, Removed[]>()
  for (const item of removed) {
    const items = logs.get(item.log)
    if (items === undefined) logs.set(item.log, [item])
    else items.push(item)
  }
  return logs
}
