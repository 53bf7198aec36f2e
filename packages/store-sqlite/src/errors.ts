import { NotificationsStoreError } from '@carillon/store'
import type { Fault } from './messages.ts'

/** What SQLite, or the worker that ran it, failed with. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  /** SQLite's own name of what went wrong, such as `SQLITE_BUSY`; `WORKER_LOST` when the worker is gone. */
  readonly code: string
  /** Whether what was asked for may have been done all the same. */
  readonly isUncertain: boolean

  constructor({ message, code }: Fault, isUncertain: boolean) {
    super(`sqliteStore: ${message}`)
    this.code = code
    this.isUncertain = isUncertain
  }
}

/** A fault of a worker as it is told: under a code of every store where there is one for it. */
export function errorOf(fault: Fault, isUncertain: boolean): DatabaseError | NotificationsStoreError {
  return fault.code === 'NEWER_SCHEMA'
    ? new NotificationsStoreError(fault.code, `sqliteStore: ${fault.message}`)
    : new DatabaseError(fault, isUncertain)
}

/** Whether what failed so was surely not done. */
export function isVoid(cause: unknown): boolean {
  if (cause instanceof DatabaseError) return !cause.isUncertain
  return cause instanceof NotificationsStoreError && cause.code === 'NEWER_SCHEMA'
}

export function closedError(): NotificationsStoreError {
  return new NotificationsStoreError('CLOSED', 'This SQLite store was closed')
}
