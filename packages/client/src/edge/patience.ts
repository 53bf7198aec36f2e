import type { ClientEvent } from '@carillon/protocol'
import { callOptionsProblem } from '../rules/arguments.ts'
import type { ErrorFacts, NotificationsError, Outcome } from '../rules/errors.ts'
import type { Settings } from '../rules/options.ts'
import type { Paces } from '../rules/pace.ts'
import type { Trouble } from '../rules/silence.ts'
import { type Failure, failureError } from './job.ts'
import type { Impatience, RequestOptions, Waiters } from './waiters.ts'

export interface CallWait {
  readonly call: string
  readonly event?: ClientEvent
  readonly options: RequestOptions
  readonly outcome: () => Outcome
  readonly facts?: ErrorFacts | undefined
  readonly onGaveUp?: () => void
  /** What the server said last, if that says more than that time has run out. */
  readonly lastWord?: () => NotificationsError | null
  /** What {@link Patience.heldMsOf} said when it was held back last, if it is no more. */
  readonly heldMs?: () => number
}

/** Whether a call may begin, and how long it waits. */
export interface Patience {
  /** Why a call cannot even begin, or `null`. */
  refusal(call: string, options: RequestOptions, facts?: ErrorFacts): NotificationsError | null
  /** Waits as the options say; the error of an end without an answer names the call. */
  wait<T>(waiters: Waiters<T>, wait: CallWait): Promise<T>
  /** For how long rates of the server have held back requests of a sort, all in all. */
  heldMsOf(event: ClientEvent | undefined): number
}

/** So much longer than by default a call may take, when rates of the server hold it back. */
const MOST_HELD_MS = 60_000

/** @param silence why there was no answer in time, for messages */
export function createPatience(
  settings: Settings,
  paces: Paces,
  silence: (timeoutMs: number) => Trouble,
  isClosed: () => boolean,
): Patience {
  const heldMsOf = (event: ClientEvent | undefined): number =>
    (event && paces.get(event)?.heldMs(performance.now())) ?? 0

  return {
    refusal(call, options, facts) {
      const problem = callOptionsProblem(call, options)
      if (problem !== null) return problem
      const { signal } = options
      if (!isClosed() && signal?.aborted !== true) return null
      const failure: Failure = isClosed() ? { code: 'closed' } : { code: 'aborted', cause: signal?.reason }
      return failureError(call, failure, { ...facts, outcome: 'unsent' })
    },
    wait(waiters, { call, event, options, outcome, facts, onGaveUp, lastWord, heldMs }) {
      const { timeoutMs = settings.timeoutMs, signal } = options
      const begun = performance.now()
      const heldBefore = heldMsOf(event)
      const limitMs = (): number => {
        // What the call itself brought is meant as it is.
        if (options.timeoutMs !== undefined) return timeoutMs
        return timeoutMs + Math.min((heldMs?.() ?? heldMsOf(event)) - heldBefore, MOST_HELD_MS)
      }
      const leftMs = (): number => {
        const limit = limitMs()
        // A timer may be early by a little.
        return limit > timeoutMs ? Math.ceil(begun + limit - performance.now()) : 0
      }
      const giveUp = (code: Impatience, cause: unknown): NotificationsError => {
        const failure: Failure =
          code === 'timeout' ? { code, ...silence(Math.round(limitMs())) } : { code, cause }
        const said = code === 'timeout' ? lastWord?.() : undefined
        const error = said ?? failureError(call, failure, { ...facts, outcome: outcome() })
        onGaveUp?.()
        return error
      }
      return waiters.wait({ timeoutMs, signal, leftMs, giveUp })
    },
    heldMsOf,
  }
}
