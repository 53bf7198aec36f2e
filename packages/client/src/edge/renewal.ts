import { type AuthRefreshed, ClientEvent } from '@carillon/protocol'
import { authProblem } from '../rules/arguments.ts'
import { type ErrorFacts, NotificationsError } from '../rules/errors.ts'
import { renewAfter, renewAgainAfter, shareOf } from '../rules/renewal.ts'
import { authSnapshotOf } from '../rules/snapshot.ts'
import type { Handshake } from './handshake.ts'
import { failureError } from './job.ts'
import type { Requests } from './requests.ts'
import { createWaiters, type RequestOptions } from './waiters.ts'

/** Keeps an identity alive that the server accepts for a time only. */
export interface Renewal {
  /** Now, with what is given or with what a handshake would say. */
  refresh(auth: object | undefined, options: RequestOptions): Promise<AuthRefreshed>
  /** @param expiresInMs how long the server accepts it; absent: for ever */
  onConfirmed(expiresInMs: number | undefined): void
  onDropped(): void
  /** A page or a device that slept is awake: its timers may have stood still meanwhile. */
  onWake(): void
  close(): void
}

const CALL = 'refreshAuth'

/** @param report called with a renewal that failed for good, or for too long */
export function createRenewal(
  requests: Pick<Requests, 'ask' | 'refusal' | 'wait'>,
  handshake: Pick<Handshake, 'ask' | 'isAskable'>,
  settings: { readonly timeoutMs: number },
  report: (error: NotificationsError) => void,
): Renewal {
  /** Whoever asks while it is being asked gets the same. */
  const asking = createWaiters<object>()
  /** Counts the questions: an answer that nobody waits for any more is not the next one's. */
  let round = 0
  let connection = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  /** By the clock on the wall, which goes on while a device sleeps. */
  let renewsAt = Number.POSITIVE_INFINITY
  let endsAt = Number.POSITIVE_INFINITY
  let refusals = 0
  let isClosed = false

  function disarm(): void {
    clearTimeout(timer)
    renewsAt = Number.POSITIVE_INFINITY
  }

  function plan(ms: number): void {
    disarm()
    renewsAt = Date.now() + ms
    timer = setTimeout(renew, ms)
    letGo(timer)
  }

  function arm(expiresInMs: number | undefined): void {
    disarm()
    refusals = 0
    if (isClosed || typeof expiresInMs !== 'number' || !handshake.isAskable()) return
    endsAt = Date.now() + expiresInMs
    plan(renewAfter(expiresInMs))
  }

  function renew(): void {
    disarm()
    const { signal } = connection
    const timeoutMs = Math.min(settings.timeoutMs, shareOf(endsAt - Date.now()))
    refresh(undefined, { timeoutMs, signal }).catch((error) => signal.aborted || onFailed(error))
  }

  function onFailed(error: NotificationsError): void {
    const leftMs = endsAt - Date.now()
    refusals += 1
    const delay = renewAgainAfter(refusals, leftMs, error.retryAfterMs)
    if (error.retryable && delay < leftMs) plan(delay)
    else report(error)
  }

  function asked(options: RequestOptions): Promise<object> {
    const isFirst = asking.size === 0
    const failed = (code: 'timeout' | 'auth-failed', what: string, facts: ErrorFacts): NotificationsError =>
      new NotificationsError(code, `${CALL}: the "auth" function ${what}`, {
        ...facts,
        retryable: true,
        outcome: 'unsent',
      })
    const answered = requests.wait(asking, {
      call: CALL,
      options,
      outcome: () => 'unsent',
      lastWord: () => failed('timeout', 'gave no answer', {}),
    })
    if (isFirst) {
      round += 1
      const mine = round
      handshake.ask(
        (auth) => mine === round && asking.resolve(Object(auth)),
        (cause) => mine === round && asking.reject(failed('auth-failed', 'failed', { cause })),
      )
    }
    return answered
  }

  async function refresh(given: object | undefined, options: RequestOptions): Promise<AuthRefreshed> {
    const problem = requests.refusal(CALL, options) ?? authProblem(CALL, given)
    if (problem !== null) throw problem
    const { timeoutMs = settings.timeoutMs } = options
    const begun = performance.now()
    const auth = authSnapshotOf(CALL, withoutOurs(given ?? (await asked(options))))
    const leftMs = Math.max(1, timeoutMs - Math.round(performance.now() - begun))
    const refreshed = await requests.ask({
      call: CALL,
      event: ClientEvent.RefreshAuth,
      args: [auth],
      options: { ...options, timeoutMs: leftMs },
    })
    arm(refreshed.authExpiresInMs)
    return refreshed
  }

  return {
    refresh,
    onConfirmed: arm,
    onDropped() {
      disarm()
      // The next handshake says it anew.
      connection.abort()
      connection = new AbortController()
    },
    onWake() {
      if (Date.now() >= renewsAt) renew()
    },
    close() {
      isClosed = true
      disarm()
      connection.abort()
      asking.reject(failureError(CALL, { code: 'closed' }, { outcome: 'unsent' }))
    },
  }
}

/** What Carillon adds to a handshake is said once. It is not even read: that would say it anew. */
function withoutOurs(auth: object): object {
  const names = Object.keys(auth).filter((name) => name !== 'notifications')
  return Object.fromEntries(names.map((name) => [name, Reflect.get(auth, name)]))
}

/** A timer in Node keeps the process alive, unless it is told not to. */
function letGo(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
}
