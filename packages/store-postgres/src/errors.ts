import { NotificationsStoreError } from '@carillon/store'

/** An error that the database itself has sent, with the code of its kind. */
interface SqlError {
  readonly severity: string
  readonly code: string
}

export function isSqlError(cause: unknown): cause is SqlError {
  return (
    typeof cause === 'object' &&
    cause !== null &&
    'severity' in cause &&
    typeof cause.severity === 'string' &&
    'code' in cause &&
    typeof cause.code === 'string'
  )
}

/** Classes of errors after which nobody can say what became of a commit: connection, shutdown, system, internal. */
const DOUBTFUL = ['08', '57P', '58', 'XX']

/** Whether the transaction is surely rolled back. */
export function isRolledBack(cause: unknown): boolean {
  if (!isSqlError(cause) || cause.severity === 'FATAL' || cause.severity === 'PANIC') return false
  return !DOUBTFUL.some((start) => cause.code.startsWith(start))
}

/** Deadlock or serialization failure: the same again may well succeed. */
export function isPassing(cause: unknown): boolean {
  return isSqlError(cause) && (cause.code === '40P01' || cause.code === '40001')
}

/** Classes of errors that are about what is written: data, constraints, limits, and what a trigger raised. */
const ABOUT_DATA = ['22', '23', '54', 'P0']

/** Whether one entry may be at fault, so that others can be written without it. */
export function isAboutData(cause: unknown): boolean {
  return isSqlError(cause) && ABOUT_DATA.some((start) => cause.code.startsWith(start))
}

export function closedError(): NotificationsStoreError {
  return new NotificationsStoreError('CLOSED', 'This PostgreSQL store was closed')
}
