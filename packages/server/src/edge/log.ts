import { lineOf, loggable } from './log-text.ts'

/**
 * Where faults and start-up facts are written. `console` fits, and so does any logger with these three. Messages
 * are one line each. A `cause` is a copy for reading: what clients wrote is cut and made visible in it. The fault
 * itself goes to `problem`.
 */
export interface Log {
  info(message: string): void
  warn(message: string): void
  error(message: string, cause?: unknown): void
}

const PREFIX = '[carillon]'

export const consoleLog: Log = {
  info: (message) => console.info(PREFIX, message),
  warn: (message) => console.warn(PREFIX, message),
  error: (message, cause) => {
    if (cause === undefined) console.error(PREFIX, message)
    else console.error(PREFIX, message, cause)
  },
}

export const silentLog: Log = { info() {}, warn() {}, error() {} }

const LONGEST_LINE = 1_000

/** A logger of the host that throws must not take a request down with it; what it gets cannot pass for more. [G7] */
export function safeLog(log: Log): Log {
  const guarded = (write: () => void): void => {
    try {
      write()
    } catch {
      // Nobody is left to tell.
    }
  }
  return {
    info: (message) => guarded(() => log.info(lineOf(message, LONGEST_LINE))),
    warn: (message) => guarded(() => log.warn(lineOf(message, LONGEST_LINE))),
    error: (message, cause) => guarded(() => log.error(lineOf(message, LONGEST_LINE), loggable(cause))),
  }
}
