import type { ErrorMessage } from '@carillon/protocol'
import type { Comeback, LastWords } from '../rules/comeback.ts'
import { NotificationsError } from '../rules/errors.ts'
import type { Trouble } from '../rules/silence.ts'

/** What the application hears that no call can be rejected with. */
export interface Problems {
  report(problem: NotificationsError): void
  /** An `error-message` that answers no request. */
  onErrorMessage(message: ErrorMessage): void
  /** The words that wait for the end they belong to. */
  lastWords(): LastWords | undefined
  /** The connection ended, by the server's will or not, and what follows if so. */
  onLost(isByServer: boolean, comeback: Comeback): void
  onConnectionRefused(cause: Error): void
  /** Nobody tries again by itself, for this is how the attempts ended. */
  onGaveUp(address: string, trouble: Trouble | null): void
  close(): void
}

/** A server says why before it ends a connection; this long its words wait for the end they belong to. */
const LAST_WORDS_MS = 1_000

const ADVICE = 'make "auth" a function that gives a fresh one, and the client renews it by itself'

interface Words extends LastWords {
  readonly errors: readonly string[]
}

export function createProblems(report: (problem: NotificationsError) => void): Problems {
  let lastWords: Words | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  function takeLastWords(): Words | null {
    clearTimeout(timer)
    const words = lastWords
    lastWords = null
    return words
  }
  function tell({ code, errors, ...wait }: Words, advice: readonly string[] = [], retryable = false): void {
    report(new NotificationsError(code, [...errors, ...advice].join('; '), { errors, retryable, ...wait }))
  }
  function tellLastWords(): void {
    const words = takeLastWords()
    if (words !== null) tell(words)
  }

  return {
    report,
    lastWords: () => lastWords ?? undefined,
    onErrorMessage({ errors, code, event, retryAfterMs }) {
      const words = {
        code: typeof code === 'string' ? code : 'internal',
        errors: Array.isArray(errors) ? errors.map(String) : [],
        ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
      }
      if (event !== null && event !== undefined) {
        tell(words)
        return
      }
      // Told before the end of the connection, it would find `connect()` without effect.
      tellLastWords()
      lastWords = words
      timer = setTimeout(tellLastWords, LAST_WORDS_MS)
    },
    onLost(isByServer, comeback) {
      const words = takeLastWords()
      if (words !== null) {
        const isStuck = isByServer && words.code === 'token-expired' && comeback === 'final'
        tell(words, isStuck ? [ADVICE] : [], comeback === 'coming')
      } else if (isByServer) {
        report(new NotificationsError('disconnected', 'the server ended the connection'))
      }
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
