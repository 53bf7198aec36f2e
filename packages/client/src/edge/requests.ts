import { type Answers, ClientEvent } from '@carillon/protocol'
import { callOptionsProblem } from '../rules/arguments.ts'
import { type ErrorFacts, type NotificationsError, type Outcome, refusalError } from '../rules/errors.ts'
import type { Settings } from '../rules/options.ts'
import { createRequestQueue, type Entry } from '../rules/request-queue.ts'
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
  readonly facts?: ErrorFacts
}

export interface CallWait {
  readonly call: string
  readonly options: RequestOptions
  readonly outcome: () => Outcome
  readonly facts?: ErrorFacts
  readonly onGaveUp?: () => void
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

  function pump(): void {
    if (!isReady) return
    for (const ticket of queue.take(WINDOW)) send(ticket)
  }

  function send(ticket: Ticket): void {
    const { event, args, isAnswer, onAnswer, onFailure } = ticket.request
    try {
      const mine = connection
      emit(event, args(), (...given) => {
        if (!isAnswer(given)) {
          // The socket's own `ackTimeout` has passed: Socket.IO no longer knows the answer when it comes.
          if (mine === connection && isReady && queue.has(ticket)) send(ticket)
          return
        }
        // The first answer counts, whichever connection brought it: a later one finds the ticket gone.
        if (queue.remove(ticket)) onAnswer(given)
        pump()
      })
    } catch (cause) {
      if (queue.remove(ticket)) onFailure({ code: 'internal', cause })
    }
  }

  function enqueue(job: Job): Ticket | null {
    const ticket = queue.add(job)
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

  function wait<T>(waiters: Waiters<T>, { call, options, outcome, facts, onGaveUp }: CallWait): Promise<T> {
    const { timeoutMs = settings.timeoutMs, signal } = options
    const giveUp = (code: Impatience, cause: unknown): NotificationsError => {
      const failure: Failure = code === 'timeout' ? { code, ...silence(timeoutMs) } : { code, cause }
      const error = failureError(call, failure, { ...facts, outcome: outcome() })
      onGaveUp?.()
      return error
    }
    return waiters.wait({ timeoutMs, signal, giveUp })
  }

  function ask<E extends ClientEvent>({ call, event, args, options, facts }: Ask<E>): Promise<Answers[E]> {
    const refused = refusal(call, options, facts)
    if (refused !== null) return Promise.reject(refused)
    const waiters = createWaiters<Answers[E]>()
    let ticket: Ticket | null = null
    const outcome = (): Outcome => (ticket?.sent === true ? 'unknown' : 'unsent')
    const onGaveUp = (): void => {
      if (ticket === null) return
      queue.remove(ticket)
      // Its place in the window is free for whoever waits behind it.
      pump()
    }
    const answered = wait(waiters, { call, options, outcome, onGaveUp, ...(facts && { facts }) })
    const job = createJob(
      event,
      () => args,
      (answer) => {
        if (answer.ok) waiters.resolve(answer.value)
        else waiters.reject(refusalError(call, answer, facts))
      },
      (failure) => waiters.reject(failureError(call, failure, { ...facts, outcome: outcome() })),
    )
    ticket = enqueue(job)
    if (ticket === null) job.onFailure({ code: 'queue-full' })
    return answered
  }

  /** A send that may or may not have been stored, and that the server would not know again. [G4] */
  function loseSends(): void {
    for (const ticket of [...queue.entries()]) {
      if (ticket.phase !== 'in-flight' || ticket.request.event !== ClientEvent.SendNotification) continue
      queue.remove(ticket)
      ticket.request.onFailure({ code: 'disconnected' })
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
    },
    close() {
      isClosed = true
      isReady = false
      for (const { request } of queue.drain()) request.onFailure({ code: 'closed' })
    },
  }
}
