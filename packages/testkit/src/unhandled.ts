import { inspect } from 'node:util'
import { nextTurn } from './until.ts'

const EVENTS = ['unhandledRejection', 'uncaughtException'] as const

export interface UnhandledGuard {
  /** What went unhandled so far. */
  readonly errors: readonly unknown[]
  /** Gives late rejections their turn, puts the former listeners back, and throws when there was anything. */
  check(): Promise<void>
  /** Puts the former listeners back. Twice is harmless. */
  release(): void
}

/**
 * Catches what would have ended a host's process: unhandled rejections and uncaught exceptions from now until
 * `check()`. Listeners of the test runner are set aside meanwhile, so that a test may provoke such things.
 */
export function onUnhandled(): UnhandledGuard {
  const errors: unknown[] = []
  const note = (error: unknown): void => void errors.push(error)
  const former = EVENTS.map((event) => ({ event, listeners: process.rawListeners(event) }))
  for (const event of EVENTS) {
    process.removeAllListeners(event)
    process.on(event, note)
  }
  let released = false
  const release = (): void => {
    if (released) return
    released = true
    for (const { event, listeners } of former) {
      process.off(event, note)
      for (const listener of listeners) process.on(event, listener as (error: unknown) => void)
    }
  }
  const check = async (): Promise<void> => {
    // A rejection is reported after the microtasks of the turn in which it happened.
    for (let turn = 0; turn < 3; turn++) await nextTurn()
    release()
    if (errors.length === 0) return
    const list = errors.map((error) => `\n  ${inspect(error)}`).join('')
    throw new Error(`${errors.length} unhandled, each would have ended the host's process:${list}`)
  }
  return { errors, check, release }
}
