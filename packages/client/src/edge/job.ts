import type { Answers, ClientEvent } from '@carillon/protocol'
import { type Read, readAnswer } from '../rules/answers.ts'
import { type ErrorFacts, NotificationsError } from '../rules/errors.ts'

/** Why a request ended without an answer. */
export interface Failure {
  readonly code: FailureCode
  /** What is known beyond the code. */
  readonly text?: string
  readonly cause?: unknown
}

/** A request on its way to the server. */
export interface Job {
  readonly event: ClientEvent
  /** Asked for at every emission: a join tells the position of that moment. */
  readonly args: () => readonly unknown[]
  readonly onAnswer: (args: readonly unknown[]) => void
  readonly onFailure: (failure: Failure) => void
  /** Whether nobody wants it any more: it need not go out. */
  readonly isOver?: () => boolean
}

export function createJob<E extends ClientEvent>(
  event: E,
  args: () => readonly unknown[],
  onAnswer: (answer: Read<Answers[E]>) => void,
  onFailure: (failure: Failure) => void,
): Job {
  return {
    event,
    args,
    onAnswer(given) {
      const answer = readAnswer<Answers[E]>(given)
      if (answer === undefined) onFailure({ code: 'bad-answer' })
      else if (answer !== null) onAnswer(answer)
    },
    onFailure,
  }
}

const SENTENCES = {
  timeout: 'no answer',
  aborted: 'aborted',
  closed: 'the client is closed',
  'queue-full': 'too many requests wait',
  disconnected: 'the connection broke before the answer',
  'bad-answer': 'the server answered with something else; is Carillon attached to it?',
  internal: 'not emitted',
} as const

export type FailureCode = keyof typeof SENTENCES

const RETRYABLE: ReadonlySet<FailureCode> = new Set<FailureCode>(['timeout', 'queue-full', 'disconnected'])

/** The error of a call that ended without an answer. */
export function failureError(
  call: string,
  { code, text, cause }: Failure,
  facts: ErrorFacts,
): NotificationsError {
  return new NotificationsError(code, `${call}: ${text ?? SENTENCES[code]}`, {
    ...facts,
    retryable: RETRYABLE.has(code),
    ...(cause === undefined ? {} : { cause }),
  })
}
