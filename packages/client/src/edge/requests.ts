import type { Answers, ClientEvent, Refused } from '@carillon/protocol'
import { readAnswer } from '../rules/answers.ts'
import { type ErrorFacts, type NotificationsError, type Outcome, refusalError } from '../rules/errors.ts'
import { retryDelay } from '../rules/membership.ts'
import type { Settings } from '../rules/options.ts'
import { beginPaces, createPaces } from '../rules/pace.ts'
import { createRequestQueue, type Entry, outcomeOf } from '../rules/request-queue.ts'
import type { Trouble } from '../rules/silence.ts'
import { LONGEST_TIMER_MS } from '../rules/timers.ts'
import { createJob, failureError, type Job } from './job.ts'
import { type CallWait, createPatience } from './patience.ts'
import { createWaiters, type RequestOptions, type Waiters } from './waiters.ts'

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

/** Requests to the server: what waits for the connection, what waits for its answer, and who waits for both. */
export interface Requests {
  /** Asks, and waits for the answer at most as long as the options say. */
  ask<E extends ClientEvent>(ask: Ask<E>): Promise<Answers[E]>
  /** Puts a job in the queue; `null` when it is full. */
  enqueue(job: Job): Ticket | null
  withdraw(ticket: Ticket): void
  /** Emits past the queue, as soon as rates allow. The answer of a connection that broke never comes. */
  direct(job: Job): void
  /** Why a call cannot even begin, or `null`. */
  refusal(call: string, options: RequestOptions): NotificationsError | null
  /** Waits as the options say; the error of an end without an answer names the call. */
  wait<T>(waiters: Waiters<T>, wait: CallWait): Promise<T>
  /** @param limits as the server announced them */
  onReady(limits?: unknown): void
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
  const paces = createPaces()
  const { refusal, wait, heldMsOf } = createPatience(settings, paces, silence, () => isClosed)
  let directs: Job[] = []
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
    let next = queue.nextAt(now) || Number.POSITIVE_INFINITY
    const mayGo = ({ event }: Job): boolean => {
      const pace = paces.get(event)
      const freeAt = pace?.freeAt(now) ?? 0
      if (freeAt <= now) pace?.onSent()
      else next = Math.min(next, freeAt)
      return freeAt <= now
    }
    const wanted = directs.filter(({ isOver }) => isOver?.() !== true)
    directs = []
    for (const job of wanted) {
      if (mayGo(job)) emitNow(job, (given) => job.onAnswer(given))
      else directs.push(job)
    }
    for (const ticket of queue.take(WINDOW, now, mayGo)) send(ticket)
    if (next < Number.POSITIVE_INFINITY) timer = setTimeout(pump, Math.min(next - now, LONGEST_TIMER_MS))
  }

  /** Its place in the pace was taken before. */
  function emitNow(
    { event, args }: Job,
    onAck: (given: readonly unknown[], isCurrent: boolean) => void,
  ): void {
    const mine = connection
    emit(event, args(), (...given) => {
      const isCurrent = mine === connection
      if (isCurrent) paces.get(event)?.onAnswered(performance.now(), excessOf(readAnswer(given)))
      onAck(given, isCurrent)
      pump()
    })
  }

  function send(ticket: Ticket): void {
    const { event, onFailure } = ticket.request
    try {
      emitNow(ticket.request, (given, isCurrent) => {
        const answer = readAnswer(given)
        if (answer !== null) onAnswered(ticket, given, answer, isCurrent)
        // The socket's own `ackTimeout` has passed: Socket.IO no longer knows the answer when it comes.
        else if (isCurrent && queue.has(ticket)) {
          paces.get(event)?.onSent()
          send(ticket)
        }
      })
    } catch (cause) {
      paces.get(event)?.onAnswered(performance.now(), 0)
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
  }

  function enqueue(job: Job, lane?: string, isFirst?: boolean): Ticket | null {
    const ticket = queue.add(job, lane, isFirst)
    pump()
    return ticket
  }

  function ask<E extends ClientEvent>(asked: Ask<E>): Promise<Answers[E]> {
    const { call, event, args, options, facts, lane, isFirst } = asked
    const refused = refusal(call, options, facts)
    if (refused !== null) return Promise.reject(refused)
    const waiters = createWaiters<Answers[E]>()
    let ticket: Ticket | null = null
    let heldMs = 0
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
      event,
      options,
      outcome,
      facts,
      onGaveUp,
      // What is under way is held back no more.
      heldMs: () => (ticket?.phase === 'in-flight' ? heldMs : heldMsOf(event)),
      lastWord: () => (isReady ? lastWord() : null),
    })
    const job = createJob(
      event,
      () => {
        heldMs = heldMsOf(event)
        return args
      },
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
    direct(job) {
      directs.push(job)
      pump()
    },
    onReady(limits) {
      beginPaces(paces, performance.now(), limits)
      isReady = true
      pump()
    },
    onDropped(keepsKeys) {
      isReady = false
      connection += 1
      directs = []
      beginPaces(paces, performance.now(), null)
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

/** How long to wait, when the server found that it was asked too often. */
function excessOf(answer: ReturnType<typeof readAnswer>): number {
  return answer?.ok === false && answer.code === 'too-many-requests' ? (answer.retryAfterMs ?? 0) : 0
}
