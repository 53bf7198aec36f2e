import type { ErrorMessage } from '@carillon/protocol'
import { NotificationsError } from '../rules/errors.ts'
import type { Trouble } from '../rules/silence.ts'

/** What the application hears that no call can be rejected with. */
export interface Problems {
  report(problem: NotificationsError): void
  /** An `error-message` that answers no request. */
  onErrorMessage(message: ErrorMessage): void
  /** The connection ended, by the server's will or not. */
  onLost(isByServer: boolean): void
  onConnectionRefused(cause: Error): void
  /** Nobody tries again by itself, for this is how the attempts ended. */
  onGaveUp(address: string, trouble: Trouble | null): void
  close(): void
}

/** A server says why before it ends a connection; this long its words wait for the end they belong to. */
const LAST_WORDS_MS = 1_000

export function createProblems(report: (problem: NotificationsError) => void): Problems {
  let lastWords: NotificationsError | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  function takeLastWords(): NotificationsError | null {
    clearTimeout(timer)
    const words = lastWords
    lastWords = null
    return words
  }
  function tell(problem: NotificationsError | null): void {
    if (problem !== null) report(problem)
  }

  return {
    report,
    onErrorMessage({ errors, code, event }) {
      const sentences = Array.isArray(errors) ? errors.map(String) : []
      const name = typeof code === 'string' ? code : 'internal'
      const problem = new NotificationsError(name, sentences.join('; '), { errors: sentences })
      if (event !== null && event !== undefined) {
        report(problem)
        return
      }
      // Told before the end of the connection, it would find `connect()` without effect.
      tell(takeLastWords())
      lastWords = problem
      timer = setTimeout(() => tell(takeLastWords()), LAST_WORDS_MS)
    },
    onLost(isByServer) {
      const words = takeLastWords()
      const silent = isByServer
        ? new NotificationsError('disconnected', 'the server ended the connection')
        : null
      tell(words ?? silent)
    },
    onConnectionRefused(cause) {
      report(new NotificationsError('connection-refused', cause.message, { cause }))
    },
    onGaveUp(address, trouble) {
      const message = `not connected to ${address}${trouble === null ? '' : `: ${trouble.text}`}`
      const cause = trouble?.cause
      report(
        new NotificationsError('disconnected', message, {
          retryable: true,
          ...(cause === undefined ? {} : { cause }),
        }),
      )
    },
    close: () => void takeLastWords(),
  }
}
