import type { Problem, ProblemCode, Refused } from '@carillon/protocol'

/** What went wrong on this side of the connection. */
export type ClientProblemCode =
  /** The time limit of the call has passed. */
  | 'timeout'
  /** The signal of the call was aborted, or the channel was left before it was joined. */
  | 'aborted'
  /** `close()` was called. */
  | 'closed'
  /** Too many requests wait: for the connection, for their turn, or to be tried again. */
  | 'queue-full'
  /** The server ended the connection, it could not be made, or it broke with an answer still to come. */
  | 'disconnected'
  /** A middleware of the server refused the connection. */
  | 'connection-refused'
  /** The `auth` function threw or rejected. */
  | 'auth-failed'
  /** A listener of the application threw or rejected. */
  | 'listener-failed'
  /** The server acknowledged with something that is no answer. */
  | 'bad-answer'
  /** An argument or an option is not what it should be: a mistake in the program. */
  | 'bad-option'

/** A newer server may use codes that this version does not know. */
export type ErrorCode = ProblemCode | ClientProblemCode | (string & {})

/**
 * What became of a request that failed: it never left, the server refused it and did nothing, or nobody knows.
 * After `unknown`, try again with the same `idempotencyKey`.
 */
export type Outcome = 'unsent' | 'refused' | 'unknown'

export interface ErrorFacts {
  readonly errors?: readonly string[]
  readonly retryable?: boolean
  readonly retryAfterMs?: number
  readonly details?: readonly Problem[]
  readonly outcome?: Outcome
  readonly idempotencyKey?: string
  readonly cause?: unknown
}

/**
 * Why a call rejected, or what a `problem` is about. Ask with {@link isNotificationsError}, not with
 * `instanceof`: an application may hold two copies of this package.
 */
export class NotificationsError extends Error {
  // Declared only: that writes each field once into what a page loads.
  declare readonly name: 'NotificationsError'
  /** Stable; the message is not. */
  declare readonly code: ErrorCode
  /** Sentences for people: the server's, in its language, when it refused. */
  declare readonly errors: readonly string[]
  /** The same request may succeed later. */
  declare readonly retryable: boolean
  /** Milliseconds to wait first, when the server said so. */
  declare readonly retryAfterMs: number | undefined
  /** Every problem that the server found, or that was found before it was asked, with its facts. */
  declare readonly details: readonly Problem[]
  /** Set when a request failed. */
  declare readonly outcome: Outcome | undefined
  /** Key of the send that failed: the same key makes the same notification. */
  declare readonly idempotencyKey: string | undefined

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, 'cause' in facts ? { cause: facts.cause } : undefined)
    this.name = 'NotificationsError'
    this.code = code
    this.errors = facts.errors ?? [message]
    this.retryable = facts.retryable ?? false
    this.details = facts.details ?? []
    this.retryAfterMs = facts.retryAfterMs
    this.outcome = facts.outcome
    this.idempotencyKey = facts.idempotencyKey
  }
}

/** Whether something that was caught comes from Carillon's client, whichever copy of it. */
export function isNotificationsError(error: unknown): error is NotificationsError {
  return (
    error instanceof Error &&
    error.name === 'NotificationsError' &&
    'code' in error &&
    typeof error.code === 'string' &&
    'errors' in error &&
    Array.isArray(error.errors)
  )
}

/** Whether a refused request may have been done all the same. */
export function isUnsure({ details }: Refused): boolean {
  return details.some((problem) => problem.code === 'store-unavailable' && problem.outcome === 'unknown')
}

/**
 * The error of a request that the server refused.
 *
 * @param isDoubtful an earlier attempt of it ended without a clear answer
 */
export function refusalError(
  call: string,
  refused: Refused,
  facts: ErrorFacts = {},
  isDoubtful = false,
): NotificationsError {
  const { code, errors, retryable, retryAfterMs, details } = refused
  return new NotificationsError(code, `${call}: ${errors.join('; ')}`, {
    ...facts,
    errors,
    retryable,
    details,
    outcome: isDoubtful || isUnsure(refused) ? 'unknown' : 'refused',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}
