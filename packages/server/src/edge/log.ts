/** Where faults and start-up facts are written. `console` fits, and so does any logger with these three. */
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

/** A logger of the host that throws must not take a request down with it. [G7] */
export function safeLog(log: Log): Log {
  const guarded = (write: () => void): void => {
    try {
      write()
    } catch {
      // Nobody is left to tell.
    }
  }
  return {
    info: (message) => guarded(() => log.info(message)),
    warn: (message) => guarded(() => log.warn(message)),
    error: (message, cause) => guarded(() => log.error(message, cause)),
  }
}
