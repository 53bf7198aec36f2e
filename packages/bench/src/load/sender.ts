import { ClientEvent } from '@carillon/protocol'
import { nthNotification, SENDER } from '../work.ts'
import { type Connection, connect, payloadOf, textOf } from './connection.ts'
import type { Verifier } from './verify.ts'

export interface SendPlan {
  readonly url: string
  readonly inFlight: number
  readonly count: number
  /** Number of the first notification. */
  readonly from: number
}

/** A client that reads acknowledgements (version 2), so that the acknowledgement is the only answer. */
export function connectSender(url: string): Promise<Connection> {
  const auth = { user_id: 'sender', username: SENDER, notifications: { version: 2 } }
  return new Promise((resolve, reject) => {
    connect(url, auth, {
      onConnected: resolve,
      onEnd: (why) => reject(new Error(`sender: ${why}`)),
      onEvent: () => undefined,
    })
  })
}

/** What became of the sends of a plan: the time from each to its acknowledgement, and what was acknowledged. */
export interface SentAll {
  readonly wallMs: number
  readonly latenciesMs: readonly number[]
}

/**
 * Sends with so many unanswered at a time. What is sent was written before, and what was answered is read when all is
 * over: neither is what is measured.
 */
export async function sendAll(sender: Connection, plan: SendPlan, verifier: Verifier): Promise<SentAll> {
  const texts = Array.from({ length: plan.count }, (_, at) =>
    textOf(ClientEvent.SendNotification, [nthNotification(plan.from + at)]),
  )
  const began = performance.now()
  const { latenciesMs, answers } = await askAll(sender, plan, texts)
  const wallMs = performance.now() - began
  const receipts = new Set(answers.map(({ n, text }) => receiptOf(payloadOf(text), n, verifier)))
  if (receipts.size !== plan.count) verifier.complain('two sends share an id')
  return { wallMs, latenciesMs }
}

interface Answered {
  readonly latenciesMs: number[]
  readonly answers: { readonly n: number; readonly text: string }[]
}

function askAll(
  sender: Connection,
  { inFlight, from }: SendPlan,
  texts: readonly string[],
): Promise<Answered> {
  const latenciesMs: number[] = []
  const answers: Answered['answers'] = []
  const left = texts.entries()
  return new Promise((resolve) => {
    const sendNext = (): void => {
      const next = left.next()
      if (next.done) return
      const [at, text] = next.value
      const start = performance.now()
      sender.askRaw(text, (answer) => {
        latenciesMs.push(performance.now() - start)
        answers.push({ n: from + at, text: answer })
        if (answers.length === texts.length) resolve({ latenciesMs, answers })
        else sendNext()
      })
    }
    for (let lane = 0; lane < inFlight; lane++) sendNext()
  })
}

function receiptOf(answer: unknown, n: number, verifier: Verifier): string {
  const { ok, notificationId, duplicate } = answer as Record<string, unknown>
  if (ok !== true || typeof notificationId !== 'string' || duplicate !== false) {
    verifier.complain(`send ${n}: acknowledged with ${JSON.stringify(answer)}`)
  }
  const id = String(notificationId)
  verifier.expectId(n, id)
  return id
}
