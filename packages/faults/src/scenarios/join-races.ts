import { channelStream, type JoinOptions } from '@carillon/protocol'
import { until } from '@carillon/testkit'
import { itemsOf } from '../checks/violation.ts'
import type { Place, Reader } from '../history.ts'
import type { NodeOrders } from '../node/main.ts'
import { prepareLinked } from '../places.ts'
import { judge } from '../stage/ending.ts'
import { startPaced } from '../stage/paced-sender.ts'
import { startService } from '../stage/service.ts'
import { onStage } from '../stage/stage.ts'
import { startVisitor, type Tongue, type Visitor } from '../stage/visitor.ts'
import type { StorePlace } from '../stores.ts'
import type { Verdict } from './scenario.ts'

export interface JoinRacePlan {
  /** Joins by each of the visitors. */
  readonly visits: number
  readonly slow?: NodeOrders['slow']
  readonly breaks?: NodeOrders['breaks']
}

const CHANNEL = 'devops'
const STREAM = channelStream(CHANNEL)
const TONGUES: readonly Tongue[] = ['stock', 'v2', 'stock', 'v2']
const IN_FLIGHT = 8
/** A visit has seen the seam when so many live notifications have come. */
const LIVE = 2
const REWIND = 20
const STEP_MS = 30_000
/** Every read takes a random time up to the one, and everything on its way to the store the other, each way. */
const READS_MS = 150
const LINK_MS = 10
const KEEPS = { maxItemsPerStream: 1_000_000 }

/** R12: the same with a store that is far away: over a slow link, and with reads that take their time. */
export async function slowJoinRaces(place: StorePlace, plan: JoinRacePlan): Promise<Verdict> {
  const slow = { readsMs: READS_MS }
  if (place.kind === 'sqlite') return joinRaces(place, { ...plan, slow })
  const ground = await prepareLinked(place.kind)
  try {
    ground.link.set({ delayMs: LINK_MS })
    return await joinRaces(ground.place, { ...plan, slow }, ground.direct)
  } finally {
    await ground.close()
  }
}

/**
 * R11: clients join and leave all the time while others send as fast as they can.
 *
 * @param direct the same store, for whoever looks at the end
 */
export function joinRaces(
  place: StorePlace,
  { visits, slow, breaks }: JoinRacePlan,
  direct = place,
): Promise<Verdict> {
  return onStage(async (stage) => {
    const orders = { store: place, keeps: KEEPS, breaks, ...(slow && { slow }) }
    const service = stage.add(await startService(orders))
    const url = `http://127.0.0.1:${service.port()}`
    const sender = stage.add(startPaced(url, 'near', CHANNEL))
    const visitors = await Promise.all(
      TONGUES.map(async (tongue, n) => {
        const user = `user-${n}`
        return { tongue, user, visitor: stage.add(await startVisitor({ url, user }, tongue)) }
      }),
    )
    sender.flood(IN_FLIGHT)
    const records = await Promise.all(
      visitors.map(({ tongue, user, visitor }) => comeAndGo(visitor, visits, `${user} (${tongue})`)),
    )
    await sender.rest()
    const readers = records.flat()
    return judge({
      place: direct,
      keeps: KEEPS,
      channels: [CHANNEL],
      readers: [],
      senders: [sender],
      services: [service],
      history: { readers },
      facts: {
        joins: readers.length,
        missed: readers.reduce(
          (sum, { seen }) => sum + (seen[0]?.kind === 'joined' ? seen[0].pendingCount : 0),
          0,
        ),
        delivered: readers.reduce((sum, { seen }) => sum + itemsOf(seen).length, 0),
      },
    })
  })
}

async function comeAndGo(visitor: Visitor, visits: number, client: string): Promise<Reader[]> {
  const records: Reader[] = []
  let last: Place | undefined
  for (let n = 0; n < visits; n++) {
    const options = WAYS[n % WAYS.length]?.(last) ?? {}
    const { joined, book } = await visitor.join(CHANNEL, options)
    const isLive = (): boolean => (book.reached()?.offset ?? 0) >= joined.offset + LIVE
    await until(isLive, `something live for ${client}`, STEP_MS)
    await visitor.leave(CHANNEL)
    const { epoch, offset, pendingCount, recovered } = joined
    // Who brings a position is entitled to all after it; others to as much as they were promised.
    const joinedAt =
      recovered === true && last !== undefined ? last : { epoch, offset: offset - pendingCount }
    records.push({
      client: `${client}, visit ${n}`,
      stream: STREAM,
      joinedAt,
      seen: book.seen,
      hasGone: true,
    })
    last = book.reached() ?? undefined
  }
  return records
}

/** At the head, a little before it, and where the visit before this one ended. */
const WAYS: readonly ((last: Place | undefined) => JoinOptions)[] = [
  () => ({}),
  () => ({ rewind: 1 + Math.floor(Math.random() * REWIND) }),
  (last) => (last === undefined ? {} : { since: { epoch: last.epoch, offset: last.offset } }),
]
