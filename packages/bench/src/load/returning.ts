import { type Connection, connect } from './connection.ts'
import type { Member } from './crowd.ts'
import type { Verifier } from './verify.ts'
import {
  authOf,
  enter,
  isComplete,
  type Missed,
  onEvent,
  type ReturnKind,
  startVisit,
  type Visit,
  type Visitor,
} from './visit.ts'

export interface ReturnPlan {
  readonly url: string
  /** Under what name they leave and are known again. */
  readonly crowd: string
  readonly kind: ReturnKind
  /** Devices of one user share a cursor: crowds that must not have users of their own. */
  readonly users: string
  readonly count: number
  /** How many connect at the same time. */
  readonly parallel: number
  /** `null` when they come for the first time. */
  readonly missed: Missed | null
}

export interface ReturnFigures {
  readonly wallMs: number
  /** Mean number of frames, per client, in which notifications came. */
  readonly frames: number
}

const PATIENCE_MS = 30_000

/** Resolves when each has joined and has had everything that it missed, checked item by item. */
export async function comeIn(
  plan: ReturnPlan,
  visitors: readonly Visitor[],
  verifier: Verifier,
  members: Member[],
): Promise<ReturnFigures> {
  const { url, kind, users, missed, count, parallel } = plan
  const began = performance.now()
  const coming = visitors.entries()
  let frames = 0
  const lane = async (): Promise<void> => {
    for (const [n, visitor] of coming) {
      const visit = startVisit({ kind, user: `${users}-${n}`, visitor, missed, verifier })
      members.push({ connection: await run(url, visit), expectation: visit.expectation, unread: [] })
      frames += visit.frames
    }
  }
  await Promise.all(Array.from({ length: parallel }, lane))
  return { wallMs: performance.now() - began, frames: frames / count }
}

function run(url: string, visit: Visit): Promise<Connection> {
  const { user, expectation } = visit
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`${user}: ${why}`))
    const patience = setTimeout(() => fail(`got no further than ${expectation.next}`), PATIENCE_MS)
    const proceed = (): void => {
      if (!isComplete(visit)) return
      clearTimeout(patience)
      resolve(connection)
    }
    const connection = connect(url, authOf(visit), {
      onEnd: fail,
      onConnected: (_, answer) => {
        enter(visit, connection, answer, proceed)
        proceed()
      },
      onEvent: (event, payload, bytes, mark) => {
        expectation.bytes += bytes
        onEvent(visit, event, payload, mark)
        proceed()
      },
    })
  })
}
