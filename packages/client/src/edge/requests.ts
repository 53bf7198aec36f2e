import type { Answers, ClientEvent, Refused } from '@carillon/protocol'
import { readAnswer } from '../rules/answers.ts'
import { callOptionsProblem } from '../rules/arguments.ts'
import { type ErrorFacts, type NotificationsError, type Outcome, refusalError } from '../rules/errors.ts'
import { retryDelay } from '../rules/membership.ts'
import type { Settings } from '../rules/options.ts'
import { createRequestQueue, type Entry, outcomeOf } from '../rules/request-queue.ts'
import type { Trouble } from '../rules/silence.ts'
import { createJob, type Failure, failureError, type Job } from './job.ts'
import { createWaiters, type Impatience, type RequestOptions, type Waiters } from './waiters.ts'

export type Ticket = Entry<Job>

export interface Ask<E extends ClientEvent> {
  /** What the application called, for messages. */
  readonly call: string
  readonly event: E
  readonly args: readonly unknown[]
  readonly options: RequestOptions
  readonly facts?: ErrorFacts | undefined
  /** Requests of one lane keep their order, and are tried again when the server says "not now". */
  readonly lane?: string
  /** It was called before all others: by the page before this one. */
  readonly isFirst?: boolean
}

export interface CallWait {
  readonly call: string
  readonly options: RequestOptions
  readonly outcome: () => Outcome
  readonly facts?: ErrorFacts | undefined
  readonly onGaveUp?: () => void
  /** What the server said last, if that says more than that time has run out. */
  readonly lastWord?: () => NotificationsError | null
}

/** Requests to the server: what waits for the connection, what waits for its answer, and who waits for both. */
export interface Requests {
  /** Asks, and waits for the answer at most as long as the options say. */
  ask<E extends ClientEvent>(ask: Ask<E>): Promise<Answers[E]>
  /** Puts a job in the queue; `null` when it is full. */
  enqueue(job: Job): Ticket | null
  withdraw(ticket: Ticket): void
  /** Emits at once, past the queue. The answer of a connection that broke never comes. */
  direct(job: Job): void
  /** Why a call cannot even begin, or `null`. */
  refusal(call: string, options: RequestOptions): NotificationsError | null
  /** Waits as the options say; the error of an end without an answer names the call. */
  wait<T>(waiters: Waiters<T>, wait: CallWait): Promise<T>
  onReady(): void
  /** @param keepsKeys whether the server will know a send that it gets again */
  onDropped(keepsKeys: boolean): void
  close(): void
}

type Emit = (event: ClientEvent, args: readonly unknown[], onAck: (...answer: unknown[]) => void) => void

/** A server refuses what one socket asks at once beyond a bound; the rest waits here. */
const WINDOW = 64

/** A timer of more milliseconds than 31 bits would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** @param silence why there was no answer in time, for messages */
export function createRequests(
  emit: Emit,
  settings: Settings,
  silence: (timeoutMs: number) => Trouble,
): Requests {
  const queue = createRequestQueue<Job>(settings.maxWaiting)
  let isReady = false
  let isClosed = false
  /** Counts the connections. */
  let connection = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function pump(): void {
    clearTimeout(timer)
    for (const { request } of queue.takePassed()) request.onFailure({ code: 'disconnected' })
    if (!isReady) return
    const now = performance.now()
    for (const ticket of queue.take(WINDOW, now)) send(ticket)
    const next = queue.nextAt(now)
    if (next > 0) timer = setTimeout(pump, Math.min(next - now, LONGEST_TIMER_MS))
  }

  function send(ticket: Ticket): void {
    const { event, args, onFailure } = ticket.request
    try {
      const mine = connection
      emit(event, args(), (...given) => {
        const isCurrent = mine === connection
        const answer = readAnswer(given)
        if (answer !== null) onAnswered(ticket, given, answer, isCurrent)
        // The socket's own `ackTimeout` has passed: Socket.IO no longer knows the answer when it comes.
        else if (isCurrent && queue.has(ticket)) send(ticket)
      })
    } catch (cause) {
      if (queue.remove(ticket, 'no')) onFailure({ code: 'internal', cause })
    }
  }

  function onAnswered(
    ticket: Ticket,
    given: readonly unknown[],
    answer: Refused | { readonly ok: true } | undefined,
    isCurrent: boolean,
  ): void {
    const refused = answer?.ok === false ? answer : null
    if (refused?.retryable === true && ticket.lane !== null && queue.has(ticket)) {
      // On another connection it is under way again already.
      if (!isCurrent) return
      const delay = retryDelay(ticket.refusals + 1, refused.retryAfterMs)
      queue.postpone(ticket, refused, performance.now() + delay)
    } else {
      // The first answer counts, whichever connection brought it: a later one finds the ticket gone.
      const isDone = refused !== null ? 'no' : answer === undefined ? 'perhaps' : 'surely'
      if (queue.remove(ticket, isDone)) ticket.request.onAnswer(given)
    }
    pump()
  }

  function enqueue(job: Job, lane?: string, isFirst?: boolean): Ticket | null {
    const ticket = queue.add(job, lane, isFirst)
    pump()
    return ticket
  }

  function refusal(call: string, options: RequestOptions, facts?: ErrorFacts): NotificationsError | null {
    const problem = callOptionsProblem(call, options)
    if (problem !== null) return problem
    const { signal } = options
    if (!isClosed && signal?.aborted !== true) return null
    const failure: Failure = isClosed ? { code: 'closed' } : { code: 'aborted', cause: signal?.reason }
    return failureError(call, failure, { ...facts, outcome: 'unsent' })
  }

  function wait<T>(
    waiters: Waiters<T>,
    { call, options, outcome, facts, onGaveUp, lastWord }: CallWait,
  ): Promise<T> {
    const { timeoutMs = settings.timeoutMs, signal } = options
    const giveUp = (code: Impatience, cause: unknown): NotificationsError => {
      const failure: Failure = code === 'timeout' ? { code, ...silence(timeoutMs) } : { code, cause }
      const said = code === 'timeout' ? lastWord?.() : undefined
      const error = said ?? failureError(call, failure, { ...facts, outcome: outcome() })
      onGaveUp?.()
      return error
    }
    return waiters.wait({ timeoutMs, signal, giveUp })
  }

  function ask<E extends ClientEvent>(asked: Ask<E>): Promise<Answers[E]> {
    const { call, event, args, options, facts, lane, isFirst } = asked
    const refused = refusal(call, options, facts)
    if (refused !== null) return Promise.reject(refused)
    const waiters = createWaiters<Answers[E]>()
    let ticket: Ticket | null = null
    const outcome = (): Outcome => outcomeOf(ticket)
    const errorOf = (answer: Refused): NotificationsError =>
      refusalError(call, answer, facts, ticket?.isDoubtful)
    // An attempt that is under way may end better than the one before it.
    const lastWord = (): NotificationsError | null =>
      ticket?.refused && ticket.phase === 'waiting' ? errorOf(ticket.refused) : null
    const onGaveUp = (): void => {
      if (ticket === null) return
      queue.remove(ticket)
      // Its place is free for whoever waits behind it; but one signal may end several, and none of them goes out.
      queueMicrotask(pump)
    }
    const answered = wait(waiters, {
      call,
      options,
      outcome,
      facts,
      onGaveUp,
      lastWord: () => (isReady ? lastWord() : null),
    })
    const job = createJob(
      event,
      () => args,
      (answer) => (answer.ok ? waiters.resolve(answer.value) : waiters.reject(errorOf(answer))),
      (failure) => {
        const word = failure.code === 'disconnected' ? lastWord() : null
        waiters.reject(word ?? failureError(call, failure, { ...facts, outcome: outcome() }))
      },
    )
    ticket = enqueue(job, lane, isFirst)
    if (ticket === null) job.onFailure({ code: 'queue-full' })
    return answered
  }

  /** A send that may or may not have been stored, and that the server would not know again. [G4] */
  function loseSends(): void {
    for (const ticket of [...queue.entries()]) {
      if (ticket.lane === null || outcomeOf(ticket) !== 'unknown') continue
      ticket.request.onFailure({ code: 'disconnected' })
      queue.remove(ticket)
    }
  }

  return {
    ask,
    enqueue,
    refusal,
    wait,
    withdraw(ticket) {
      queue.remove(ticket)
      pump()
    },
    direct: ({ event, args, onAnswer }) => emit(event, args(), (...given) => onAnswer(given)),
    onReady() {
      isReady = true
      pump()
    },
    onDropped(keepsKeys) {
      isReady = false
      connection += 1
      if (!keepsKeys) loseSends()
      queue.giveBack()
      pump()
    },
    close() {
      isClosed = true
      isReady = false
      clearTimeout(timer)
      for (const { request } of queue.drain()) request.onFailure({ code: 'closed' })
    },
  }
}
