import type { Fault } from '../messages.ts'

/** Primary result codes of SQLite. */
const BUSY = 5
const IO_ERROR = 10
const FULL = 13
const TOO_BIG = 18
const CONSTRAINT = 19
const MISMATCH = 20

export function toFault(error: unknown): Fault {
  const message = error instanceof Error ? error.message : String(error)
  return { message, code: codeOf(error) }
}

/** Another connection holds a lock that is needed. */
export function isBusy(error: unknown): boolean {
  return resultOf(error) === BUSY
}

/**
 * The file could not be written or synchronized. Of a commit that fails so it is not known whether it happened:
 * what was written of it may be found complete after a crash.
 */
export function isWriteFailure(error: unknown): boolean {
  return resultOf(error) === IO_ERROR
}

/** Concerns one row and nothing else. */
export function isRowFault(error: unknown): boolean {
  const result = resultOf(error)
  return result === TOO_BIG || result === CONSTRAINT || result === MISMATCH || result === null
}

/** The disk, or what the file may grow to, is used up. */
export function isFull(error: unknown): boolean {
  return resultOf(error) === FULL
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return 'WORKER_FAILED'
  return error.code === '' ? 'SQLITE_CANTOPEN' : error.code
}

/** The primary result code; `null` for an error that is not SQLite's. */
function resultOf(error: unknown): number | null {
  if (!(error instanceof Error && 'rawCode' in error && typeof error.rawCode === 'number')) return null
  return error.rawCode & 0xff
}

const STEP_MS = 4
const nap = new Int32Array(new SharedArrayBuffer(4))

/**
 * Runs a step until no other connection is in its way, or the time is up. SQLite's own waiting sleeps so long
 * between its attempts that a process which writes without a pause leaves no room, and does not cover every step.
 */
export function patiently<T>(limitMs: number, step: () => T): T {
  const deadline = performance.now() + limitMs
  for (;;) {
    try {
      return step()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error
      Atomics.wait(nap, 0, 0, 1 + Math.random() * STEP_MS)
    }
  }
}
