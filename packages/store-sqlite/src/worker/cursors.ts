import type { Head } from '@carillon/store'
import type { WireCursor, WireMove, WireQuestion } from '../messages.ts'
import { type Batch, TOUCH_MS } from './batch.ts'
import type { CursorTable } from './cursor-table.ts'
import type { StreamRow } from './streams.ts'

/** Answers questions in their order, each seeing what the one before put. */
export function answerCursors(batch: Batch, questions: readonly WireQuestion[]): readonly (Head | null)[] {
  return questions.map((question) => {
    const known = findCursor(batch.tables.cursors, batch.find(question.stream), question)
    if (known !== null) return known
    const { start, stream } = question
    if (start !== null && start.epoch === batch.epochOf(stream)) put(batch, question, start)
    return null
  })
}

export function moveCursors(batch: Batch, moves: readonly WireMove[]): void {
  for (const move of moves) {
    if (move.to === null) forget(batch, move)
    else if (move.to.epoch === batch.epochOf(move.stream)) put(batch, move, move.to)
  }
}

export function findCursor(
  cursors: Pick<CursorTable, 'get'>,
  row: StreamRow | undefined,
  { user, device }: WireCursor,
): Head | null {
  const cursor = row === undefined ? undefined : cursors.get(user, row.id, device)
  return cursor === undefined ? null : { epoch: cursor.epoch, offset: cursor.offset }
}

function put(batch: Batch, { user, device, stream }: WireCursor, { epoch, offset }: Head): void {
  // The row pins the epoch that the cursor is of.
  const row = batch.open(stream)
  batch.touch(row)
  const cursor = { user, stream: row.id, device, epoch, offset, moved: batch.now }
  batch.tables.cursors.put(cursor, batch.now - TOUCH_MS)
}

function forget(batch: Batch, { user, device, stream }: WireCursor): void {
  const row = batch.find(stream)
  if (row !== undefined) batch.tables.cursors.remove(user, row.id, device)
}
