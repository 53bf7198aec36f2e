import type { Reply, WriterRequest } from '../messages.ts'
import type { SqliteStoreSettings } from '../options.ts'
import { append } from './append.ts'
import { type Batch, createBatch } from './batch.ts'
import type { Connection } from './connection.ts'
import { answerCursors, forgetCursors, moveCursors, touchCursors } from './cursors.ts'
import { isBusy, isFull, patiently } from './faults.ts'
import { clear, forgetUser } from './lives.ts'
import type { Sweeper } from './sweep.ts'
import type { Tables } from './tables.ts'

/** What the writer works on as long as the file is the same. */
export interface Session {
  readonly connection: Connection
  readonly tables: Tables
  readonly sweeper: Sweeper
}

/** Why a transaction did not happen. */
export interface Failure {
  readonly error: unknown
  /** Whether it may have happened all the same. */
  readonly isUncertain: boolean
  /** Whether it may be the doing of one part, so that the others succeed without it. */
  readonly isWorthSplitting: boolean
}

/** One transaction for all of them: their answers, or why there are none. Never throws. */
export function transact(
  { connection, tables, sweeper }: Session,
  requests: readonly WriterRequest[],
  settings: SqliteStoreSettings,
  now: () => number,
): Reply[] | Failure {
  const fail = (error: unknown, isUncertain: boolean, isWorthSplitting: boolean): Failure => {
    rollBack(connection)
    return { error, isUncertain, isWorthSplitting }
  }
  try {
    patiently(settings.busyTimeoutMs, () => connection.exec('BEGIN IMMEDIATE'))
  } catch (error) {
    return fail(error, false, false)
  }
  let replies: Reply[]
  try {
    const batch = createBatch(tables, now())
    replies = requests.map((request) => ({
      id: request.id,
      output: perform(batch, request, settings, sweeper),
    }))
    batch.flush()
  } catch (error) {
    return fail(error, false, true)
  }
  try {
    connection.exec('COMMIT')
    return replies
  } catch (error) {
    // What finds no room is not there. Of any other failure, all may be there but the last word of the disk.
    const isRolledBack = isFull(error) || isBusy(error)
    return fail(error, !isRolledBack, isFull(error))
  }
}

function rollBack(connection: Connection): void {
  try {
    // Some failures have done so already.
    if (connection.isInTransaction) connection.exec('ROLLBACK')
  } catch {
    // The failure that led here is the one to tell; the next BEGIN fails if this one lasts.
  }
}

function perform(
  batch: Batch,
  request: WriterRequest,
  settings: SqliteStoreSettings,
  sweeper: Sweeper,
): unknown {
  switch (request.name) {
    case 'append':
      return append(batch, request.input, settings)
    case 'cursors':
      return answerCursors(batch, request.input)
    case 'moveCursors':
      return moveCursors(batch, request.input)
    case 'touch':
      return touchCursors(batch, request.input)
    case 'clear':
      return clear(batch, request.input)
    case 'forget':
      return forgetUser(batch, request.input)
    case 'forgetCursors':
      return forgetCursors(batch, request.input)
    case 'sweep':
      return sweeper(batch, request.input)
    case 'open':
    case 'facts':
      return null
    default:
      return request satisfies never
  }
}
