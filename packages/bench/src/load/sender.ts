import { ClientEvent } from '@carillon/protocol'
import { nthNotification, SENDER } from '../work.ts'
import { type Connection, connect } from './connection.ts'
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

/** Sends with so many unanswered at a time. Resolves to the time from each send to its acknowledgement. */
export function sendAll(sender: Connection, plan: SendPlan, verifier: Verifier): Promise<number[]> {
  const latenciesMs: number[] = []
  const receipts = new Set<string>()
  let sent = 0
  const answered = new Promise<void>((resolve) => {
    const sendNext = (): void => {
      const n = plan.from + sent++
      const start = performance.now()
      sender.ask(ClientEvent.SendNotification, [nthNotification(n)], (answer) => {
        latenciesMs.push(performance.now() - start)
        receipts.add(receiptOf(answer, n, verifier))
        if (sent < plan.count) sendNext()
        else if (latenciesMs.length === plan.count) resolve()
      })
    }
    for (let lane = 0; lane < Math.min(plan.inFlight, plan.count); lane++) sendNext()
  })
  return answered.then(() => {
    if (receipts.size !== plan.count) verifier.complain('two sends share an id')
    return latenciesMs
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
