import { setTimeout as sleep } from 'node:timers/promises'
import { type LinkedGround, prepareLinked } from '../places.ts'
import type { Verdict } from './scenario.ts'
import { underLoad } from './store-course.ts'
import { CHANNEL, type Crew, type CrewPlan } from './store-crew.ts'
import { type Answer, callWitness, isFine, isForNow, type Witness, waitFor } from './store-witness.ts'

type Kind = 'postgres' | 'redis'
type Orders = CrewPlan['orders']

/** Short, so that a run does not wait long; the default is looked at once, in the long stall. */
const PATIENCE_MS = 1_000
const DEFAULT_PATIENCE_MS = 10_000
const STALL_MS = 3 * PATIENCE_MS
const LONG_STALL_MS = 30_000

/** A send waits for the batch before it, then for its own. */
const answerWithin = (patienceMs: number): number => 2 * patienceMs + 700

/** One connection may have so many requests under way, and the witness has more. */
const requestsPerSocket = 200
const BURST = requestsPerSocket + 100

/** What a node may hold more after a stall than before. */
const HANDLES = 20
const HEAP_BYTES = 30_000_000

/** Only the first node has its store behind the link. */
async function withLink(
  kind: Kind,
  orders: Orders,
  disturb: (crew: Crew, ground: LinkedGround, witness: Witness) => Promise<void>,
): Promise<Verdict> {
  const ground = await prepareLinked(kind)
  try {
    const { place, direct } = ground
    return await underLoad({ place, placeOfSecond: direct, orders }, direct, async (crew) => {
      const witness = await callWitness(crew.seats[0].url, 'witness', crew.others)
      try {
        await disturb(crew, ground, witness)
      } finally {
        witness.close()
      }
    })
  } finally {
    await ground.close()
  }
}

/** R23: one node cannot reach the store, the other can. */
export function storeUnreachable(kind: Kind, times: number, orders?: Orders): Promise<Verdict> {
  const limits = { limits: { storeTimeoutMs: PATIENCE_MS }, ...orders }
  const limitMs = answerWithin(PATIENCE_MS)
  return withLink(kind, limits, async (crew, { link }, witness) => {
    for (let n = 1; n <= times; n++) {
      link.set({ isRefusing: true })
      link.cutAll('rst')
      const [sent, joined] = await Promise.all([witness.send(CHANNEL), witness.join(`elsewhere-${n}`)])
      crew.waits.push(
        waitFor(`outage ${n}: a send is refused for now`, sent, limitMs, isForNow),
        waitFor(`outage ${n}: a join is refused for now`, joined, limitMs, isForNow),
        waitFor(`outage ${n}: statistics`, await witness.ask('get-stats'), limitMs, isFine),
      )
      link.heal()
      await crew.flows(`all goes on after outage ${n}`)
      const later = await witness.join(`elsewhere-${n}`)
      crew.waits.push(waitFor(`outage ${n}: a join afterwards`, later, limitMs, isFine))
    }
    crew.facts.faults = times
  })
}

/** R24: the store is there and does not answer, again and again. */
export function storeStalls(kind: Kind, times: number, orders?: Orders): Promise<Verdict> {
  const limits = { limits: { storeTimeoutMs: PATIENCE_MS, requestsPerSocket }, ...orders }
  return withLink(kind, limits, async (crew, { link }, witness) => {
    for (let n = 1; n <= times; n++) {
      await stall(crew, link, witness, STALL_MS, answerWithin(PATIENCE_MS))
      await crew.flows(`all goes on after stall ${n}`)
    }
    crew.facts.faults = times
  })
}

/** R24 as it stands in the list: half a minute, with the patience that nobody has changed. */
export function storeStallsLong(kind: Kind): Promise<Verdict> {
  return withLink(kind, { limits: { requestsPerSocket } }, async (crew, { link }, witness) => {
    await stall(crew, link, witness, LONG_STALL_MS, answerWithin(DEFAULT_PATIENCE_MS))
    await crew.flows('all goes on after half a minute', 20_000)
    crew.facts.faults = 1
  })
}

/** Nothing comes back from the store, then all of it at once. Meanwhile more is asked than a node should hold. */
async function stall(
  { waits, holdings, seats: [seat] }: Crew,
  link: LinkedGround['link'],
  witness: Witness,
  ms: number,
  limitMs: number,
): Promise<void> {
  const before = await seat.usage()
  link.set({ down: 'stall' })
  const over = sleep(ms).then(() => link.heal())
  const told = await Promise.all(Array.from({ length: BURST }, () => witness.send(CHANNEL)))
  const slowest = told.reduce((one, other) => (one.ms > other.ms ? one : other))
  const wrong = told.find(({ answer }) => answer === null || !isHonest(answer))
  const isBounded = told.some(({ answer }) => answer?.code === TOO_MANY)
  waits.push(
    waitFor('a stall: every send is answered, and nothing is promised', wrong ?? slowest, limitMs, isHonest),
    { what: 'a stall: a node says that it holds enough', ms: isBounded ? 0 : null, limitMs },
  )
  await over
  const after = await seat.usage()
  holdings.push(
    { what: 'handles', before: before.handles, after: after.handles, slack: HANDLES },
    { what: 'bytes of heap', before: before.heapBytes, after: after.heapBytes, slack: HEAP_BYTES },
  )
}

const TOO_MANY = 'too-many-requests'

/** It may be stored, or nobody has looked at it: either way it may be sent again. */
function isHonest(answer: Answer): boolean {
  return isForNow(answer) && (answer.outcome === 'unknown' || answer.code === TOO_MANY)
}
