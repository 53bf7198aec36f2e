import { ClientEvent, ServerEvent } from '@carillon/protocol'
import type { Identity } from '../work.ts'
import { CHANNEL, nthChannel } from '../work.ts'
import { type Connection, connect, payloadOf } from './connection.ts'
import type { Expectation, Verifier } from './verify.ts'

export interface CrowdPlan {
  readonly url: string
  /** Under what name they leave. @default url */
  readonly crowd?: string
  readonly count: number
  /** How many connect at the same time. */
  readonly parallel: number
  readonly identity: Identity
  /** Distinguishes the users of one crowd from those of the one before. */
  readonly users: string
  /** Over how many channels they spread; `null`: everybody joins the channel of the sends. */
  readonly channels: number | null
}

export interface CrowdReport {
  readonly wallMs: number
  /** From the first byte to `channel-joined`, per client. */
  readonly latenciesMs: readonly number[]
  /** Mean length of the greeting and of the answer to the join. */
  readonly greetingBytes: number
  readonly joinedBytes: number
  /** Frames that neither greet nor answer: statistics. */
  readonly otherFrames: number
}

/** One client of the crowd, after it has joined. */
export interface Member {
  readonly connection: Connection
  readonly expectation: Expectation & { bytes: number }
  /** Frames of notifications that were not looked at yet. */
  readonly unread: string[]
}

/** Checks the notifications that a member got: not while they come, for that would be work beside what is measured. */
export function readUp({ expectation, unread }: Member, verifier: Verifier): void {
  for (const text of unread.splice(0)) {
    verifier.check(expectation, payloadOf(text))
    expectation.bytes += text.length
  }
}

interface Totals {
  greetings: number
  greetingBytes: number
  joined: number
  joinedBytes: number
  other: number
}

/** Clients that connect, are greeted and join; every greeting and every answer is checked. */
export async function gather(plan: CrowdPlan, verifier: Verifier, members: Member[]): Promise<CrowdReport> {
  const totals: Totals = { greetings: 0, greetingBytes: 0, joined: 0, joinedBytes: 0, other: 0 }
  const latenciesMs: number[] = []
  const began = performance.now()
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < plan.count) {
      const n = next++
      const start = performance.now()
      members.push(await join(plan, n, verifier, totals))
      latenciesMs.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: plan.parallel }, lane))
  if (totals.greetings !== plan.count) verifier.complain(`${totals.greetings} greetings, not ${plan.count}`)
  if (totals.joined !== plan.count) verifier.complain(`${totals.joined} joins, not ${plan.count}`)
  return {
    wallMs: performance.now() - began,
    latenciesMs,
    greetingBytes: totals.greetingBytes / totals.greetings,
    joinedBytes: totals.joinedBytes / totals.joined,
    otherFrames: totals.other,
  }
}

function join(plan: CrowdPlan, n: number, verifier: Verifier, totals: Totals): Promise<Member> {
  const userId = `${plan.users}-${n}`
  const auth = plan.identity === 'identified' ? { user_id: userId, username: `Alice ${n}` } : {}
  const channel = plan.channels === null ? CHANNEL : nthChannel(n, plan.channels)
  const expectation: Expectation & { bytes: number } = { next: 0, lastOffset: 0, bytes: 0 }
  const unread: string[] = []
  return new Promise((resolve, reject) => {
    const connection = connect(plan.url, auth, {
      onConnected: ({ emit }) => emit(ClientEvent.JoinChannel, channel),
      onEnd: (why) => reject(new Error(`client ${n}: ${why}`)),
      onNotification: (text) => unread.push(text),
      onEvent: (event, payload, bytes) => {
        if (event === ServerEvent.ConnectionConfirmed) {
          totals.greetings++
          totals.greetingBytes += bytes
        } else if (event === ServerEvent.ChannelJoined) {
          totals.joined++
          totals.joinedBytes += bytes
          if (!answers(payload, channel)) verifier.complain(`client ${n}: joined ${JSON.stringify(payload)}`)
          resolve({ connection, expectation, unread })
        } else if (event === ServerEvent.ServerStats) totals.other++
        else verifier.complain(`client ${n}: ${event} ${JSON.stringify(payload)}`)
      },
    })
  })
}

function answers(payload: unknown, asked: string): boolean {
  const { channel, clientCount } = payload as { channel?: unknown; clientCount?: unknown }
  return channel === asked && typeof clientCount === 'number' && clientCount >= 1
}
