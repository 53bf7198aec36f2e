import { setTimeout as sleep } from 'node:timers/promises'
import { percentile } from '../statistics.ts'
import { serveCommands } from '../workers.ts'
import { type Attack, type AttackFigures, type AttackPlan, attack } from './attack.ts'
import type { Connection } from './connection.ts'
import { type CrowdPlan, gather, type Member, readUp } from './crowd.ts'
import { type TalkFigures, type TalkPlan, talk } from './honest.ts'
import { comeIn, type ReturnFigures, type ReturnPlan } from './returning.ts'
import { connectSender, type SendPlan, sendAll } from './sender.ts'
import { createVerifier, type Verifier } from './verify.ts'
import type { Visitor } from './visit.ts'

/** What a storm looked like from outside. */
export interface CrowdFigures {
  readonly wallMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly greetingBytes: number
  readonly joinedBytes: number
  readonly otherFrames: number
}

export interface LatencyFigures {
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface SendFigures extends LatencyFigures {
  readonly wallMs: number
}

/** The load process: raw clients that check everything they get. Each server has its own crowd, by its address. */
export interface LoadCommands {
  gather(plan: CrowdPlan): Promise<CrowdFigures>
  send(plan: SendPlan): Promise<SendFigures>
  /** Clients that come, and come back later. Every crowd remembers where its clients stopped. */
  visit(plan: ReturnPlan): Promise<ReturnFigures>
  /** People who write to each other; fails when anybody is not served. */
  talk(plan: TalkPlan): Promise<TalkFigures>
  attack(plan: AttackPlan): void
  endAttack(): AttackFigures
  /** Waits until every member has had so many notifications in all; resolves to the mean length of their frames. */
  received(url: string, count: number): Promise<number>
  /** Ends the connections of a crowd and fails when anything was not as it should be. */
  leave(crowd: string): void
}

interface Crowd {
  readonly verifier: Verifier
  readonly members: Member[]
  sender: Connection | null
}

const PATIENCE_MS = 30_000
let attacking: Attack | null = null
const crowds = new Map<string, Crowd>()
const visitors = new Map<string, Visitor[]>()

serveCommands<LoadCommands>({
  async gather(plan) {
    const { verifier, members } = crowdOf(plan.crowd ?? plan.url)
    const { latenciesMs, ...figures } = await gather(plan, verifier, members)
    return { ...figures, ...latencyOf(latenciesMs) }
  },
  async send(plan) {
    const crowd = crowdOf(plan.url)
    crowd.sender ??= await connectSender(plan.url)
    const { wallMs, latenciesMs } = await sendAll(crowd.sender, plan, crowd.verifier)
    return { wallMs, ...latencyOf(latenciesMs) }
  },
  async visit(plan) {
    const { verifier, members } = crowdOf(plan.crowd)
    const known = visitors.get(plan.crowd) ?? Array.from({ length: plan.count }, () => ({}))
    visitors.set(plan.crowd, known)
    return comeIn(plan, known, verifier, members)
  },
  talk,
  attack(plan) {
    attacking = attack(plan)
  },
  endAttack() {
    if (attacking === null) throw new Error('nobody attacks')
    return attacking.stop()
  },
  received: (url, count) => received(crowdOf(url), count),
  leave(crowd) {
    const { members, sender, verifier } = crowdOf(crowd)
    crowds.delete(crowd)
    for (const member of members) {
      member.connection.end()
      readUp(member, verifier)
    }
    sender?.end()
    const { problems } = verifier
    if (problems.length > 0) throw new Error(`wrong frames:\n  ${problems.join('\n  ')}`)
  },
})

function crowdOf(name: string): Crowd {
  const known = crowds.get(name)
  if (known !== undefined) return known
  const crowd: Crowd = { verifier: createVerifier(), members: [], sender: null }
  crowds.set(name, crowd)
  return crowd
}

function latencyOf(latenciesMs: readonly number[]): LatencyFigures {
  return { p50Ms: percentile(latenciesMs, 50), p99Ms: percentile(latenciesMs, 99) }
}

async function received({ members, verifier }: Crowd, count: number): Promise<number> {
  const deadline = performance.now() + PATIENCE_MS
  while (members.some(({ expectation, unread }) => expectation.next + unread.length < count)) {
    if (performance.now() > deadline) throw new Error(`notifications are missing: ${missing(members, count)}`)
    await sleep(5)
  }
  for (const member of members) readUp(member, verifier)
  const tooMany = members.filter(({ expectation }) => expectation.next > count).length
  if (tooMany > 0) verifier.complain(`${tooMany} clients got more than ${count} notifications`)
  const bytes = members.reduce((sum, { expectation }) => sum + expectation.bytes, 0)
  return bytes / (count * members.length)
}

function missing(members: readonly Member[], count: number): string {
  const got = members.map(({ expectation, unread }) => expectation.next + unread.length)
  const behind = got.filter((had) => had < count)
  const least = Math.min(...behind)
  return `${behind.length} of ${members.length} clients, the last of them has ${least} of ${count}`
}
