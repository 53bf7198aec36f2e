import type { Head } from '@carillon/store'
import type { WireAnswers, WireCursor, WireMove, WireQuestion } from '../messages.ts'
import { type Batch, TOUCH_MS } from './batch.ts'
import type { CursorRow, CursorTable } from './cursor-table.ts'
import type { StreamRow } from './streams.ts'

/** Answers questions in their order, each seeing what the one before put. */
export function answerCursors(batch: Batch, questions: readonly WireQuestion[]): WireAnswers {
  const found = questions.map((question) => {
    const known = findCursor(batch.tables.cursors, batch.find(question.stream), question)
    if (known !== undefined) return known
    const { start, stream } = question
    if (start !== null && start.epoch === batch.epochOf(stream))
      put(batch, question, { ...start, offset: Math.min(start.offset, endOf(batch, question)) })
    return undefined
  })
  return answersOf(found, batch.now)
}

export function moveCursors(batch: Batch, moves: readonly WireMove[]): void {
  for (const move of moves) {
    const { to, stream } = move
    if (to === null) forget(batch, move)
    else if (to.epoch === batch.epochOf(stream) && to.offset <= endOf(batch, move)) put(batch, move, to)
  }
}

/** Notes that cursors were asked for, so that they are not taken for those of somebody who never came back. */
export function touchCursors(batch: Batch, cursors: readonly WireCursor[]): void {
  for (const { user, device, stream } of cursors) {
    const row = batch.find(stream)
    if (row === undefined) continue
    batch.touch(row)
    batch.tables.cursors.touch({ user, stream: row.id, device, moved: batch.now }, batch.now - TOUCH_MS)
  }
}

/** Forgets what a user has on a stream, of all devices. */
export function forgetCursors(batch: Batch, { user, stream }: Omit<WireCursor, 'device'>): void {
  const row = batch.find(stream)
  if (row !== undefined) batch.tables.cursors.removeOn(user, row.id)
}

export function findCursor(
  cursors: Pick<CursorTable, 'get'>,
  row: StreamRow | undefined,
  { user, device }: WireCursor,
): CursorRow | undefined {
  return row === undefined ? undefined : cursors.get(user, row.id, device)
}

export function answersOf(found: readonly (CursorRow | undefined)[], now: number): WireAnswers {
  return {
    cursors: found.map((cursor) => (cursor ? { epoch: cursor.epoch, offset: cursor.offset } : null)),
    toTouch: found.flatMap((cursor, at) => (cursor && cursor.moved < now - TOUCH_MS ? [at] : [])),
  }
}

function endOf(batch: Batch, { stream }: WireCursor): number {
  return batch.find(stream)?.head ?? 0
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
