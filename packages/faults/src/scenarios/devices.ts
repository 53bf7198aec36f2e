import { channelStream } from '@carillon/protocol'
import { until } from '@carillon/testkit'
import type { Place, Reader, Seen } from '../history.ts'
import type { NodeOrders } from '../node/main.ts'
import { type Lookout, startLookout } from '../stage/cursors.ts'
import { judge } from '../stage/ending.ts'
import type { Book } from '../stage/live-reader.ts'
import { type PacedSender, startPaced } from '../stage/paced-sender.ts'
import { readTyped } from '../stage/readers.ts'
import { type Service, startService } from '../stage/service.ts'
import { onStage, type Stage } from '../stage/stage.ts'
import { startVisitor, type Tongue, type Visitor } from '../stage/visitor.ts'
import type { StorePlace } from '../stores.ts'
import type { Verdict } from './scenario.ts'

export interface DevicesPlan {
  readonly times: number
  readonly breaks?: NodeOrders['breaks']
}

const CHANNEL = 'devops'
const STREAM = channelStream(CHANNEL)
const USER = 'alice'
const ROUND = 10
const PER_SECOND = 100
const STEP_MS = 20_000
/** Short, so that what a client has had is soon proved. */
const PINGS = { intervalMs: 100, timeoutMs: 1_000 }
/** An answer proves what was sent before the ping before it. */
const PROVING_PINGS = 3
/** So much longer the slower of two nodes takes to move a cursor. */
const LATE_MS = 150

/**
 * R39: a user has two tabs on two nodes. Both get everything; what one of them reads while the other is away counts as
 * read for whoever comes next, and the other one gets it all the same when it returns.
 */
export function twoTabs(place: StorePlace, { times, breaks }: DevicesPlan): Promise<Verdict> {
  return onStage(async (stage) => {
    const [left, right] = await startTwo(stage, place, breaks)
    const lookout = stage.add(startLookout(place))
    const sender = stage.add(startPaced(urlOf(left), 'bob', CHANNEL))
    const tabs = [
      stage.add(await readTyped({ url: left.url, user: USER }, CHANNEL)),
      stage.add(await readTyped({ url: right.url, user: USER }, CHANNEL)),
    ]
    const readers: Reader[] = []
    for (let n = 0; n < times; n++) {
      const { proxy } = n % 2 === 0 ? left : right
      proxy.set({ isRefusing: true })
      proxy.cutAll('rst')
      const offset = await sendSome(sender)
      const isRead = async (): Promise<boolean> => (await lookout.look(USER, CHANNEL))?.offset === offset
      await until(isRead, 'what one tab has is read', STEP_MS)
      // Strangers of the same user, without a position of their own, on either node.
      for (const [at, node] of [left, right].entries()) {
        const { visitor, seen } = await visit(stage, node, lookout, 'stock')
        visitor.close()
        const client = `${USER}, visit ${n} to node ${at}`
        readers.push({ client, stream: STREAM, joinedAt: placeOf(seen), seen, kind: 'stock', hasGone: true })
      }
      proxy.heal()
      await until(() => tabs.every((tab) => tab.isConnected()), 'both tabs are back', STEP_MS)
    }
    const history = { readers, cursors: lookout.sights }
    const facts = { away: times, visits: readers.length, cursorSights: lookout.sights.length }
    const services = [left, right]
    return judge({ place, channels: [CHANNEL], readers: tabs, senders: [sender], services, history, facts })
  })
}

/**
 * R40, R42: a user comes to one node and then to the other, while others go on sending. What is announced is what the
 * cursor was behind, and it follows. Who goes too early to have proved anything gets it again.
 */
export function wanderingUser(place: StorePlace, { times, breaks }: DevicesPlan): Promise<Verdict> {
  return onStage(async (stage) => {
    const [left, right] = await startTwo(stage, place, breaks)
    const lookout = stage.add(startLookout(place))
    const sender = stage.add(startPaced(urlOf(left), 'bob', CHANNEL))
    const seen: Seen[] = []
    let announced = 0
    sender.start(PER_SECOND)
    for (let n = 0; n <= times; n++) {
      if (n === times) await sender.rest()
      const { visitor, joined, cursor, ...visited } = await visit(
        stage,
        n % 2 === 0 ? left : right,
        lookout,
        'stock',
      )
      announced += joined.pendingCount
      const isLast = n === times
      const isHasty = n % 3 === 2 && !isLast
      if (!isHasty) await prove(visitor, visited.book, isLast ? sender.sends.length : 0)
      visitor.close()
      const hasMoved = async (): Promise<boolean> =>
        ((await lookout.look(USER, CHANNEL))?.offset ?? 0) > (cursor?.offset ?? 0)
      if (!isHasty && !isLast) await until(hasMoved, 'the cursor has moved', STEP_MS)
      seen.push(...visited.seen, { kind: 'lost' })
    }
    const wanderer = {
      client: `${USER} (stock, on two nodes)`,
      stream: STREAM,
      joinedAt: placeOf(seen),
      seen,
    }
    const history = { readers: [{ ...wanderer, kind: 'stock' as const }], cursors: lookout.sights }
    const facts = { visits: times + 1, announced, cursorSights: lookout.sights.length }
    const services = [left, right]
    return judge({ place, channels: [CHANNEL], readers: [], senders: [sender], services, history, facts })
  })
}

/** R41: two tabs tell how far they are, and the older word reaches the store last. */
export function lateCursors(place: StorePlace, { times, breaks }: DevicesPlan): Promise<Verdict> {
  return onStage(async (stage) => {
    const [slow, fast] = await startTwo(stage, place, breaks, { cursorsMs: LATE_MS })
    const lookout = stage.add(startLookout(place))
    const sender = stage.add(startPaced(urlOf(fast), 'bob', CHANNEL))
    const early = await visit(stage, slow, lookout, 'v2')
    const late = await visit(stage, fast, lookout, 'v2')
    const books = [early.book, late.book]
    for (let n = 0; n < times; n++) {
      const offset = await sendSome(sender)
      await until(
        () => books.every((book) => book.reached()?.offset === offset),
        'both tabs have it',
        STEP_MS,
      )
      const { epoch } = late.joined
      const older = early.visitor.acknowledge({ [STREAM]: { epoch, offset: offset - 1 } })
      await late.visitor.acknowledge({ [STREAM]: { epoch, offset } })
      await lookout.look(USER, CHANNEL)
      await older
      await lookout.look(USER, CHANNEL)
    }
    const readers = [early, late].map(({ seen, joined }, n) => ({
      ...{ client: `${USER}, tab ${n} (v2)`, stream: STREAM, seen },
      joinedAt: { epoch: joined.epoch, offset: joined.offset },
    }))
    const history = { readers, cursors: lookout.sights }
    const facts = { lateMoves: times, cursorSights: lookout.sights.length }
    const services = [slow, fast]
    return judge({ place, channels: [CHANNEL], readers: [], senders: [sender], services, history, facts })
  })
}

/** Two nodes on one store. */
async function startTwo(
  stage: Stage,
  store: StorePlace,
  breaks: NodeOrders['breaks'],
  slow?: NodeOrders['slow'],
): Promise<[Service, Service]> {
  const orders = { store, breaks, pings: PINGS }
  const first = stage.add(await startService({ ...orders, ...(slow && { slow }) }))
  return [first, stage.add(await startService(orders))]
}

/** Past the faults. */
function urlOf(service: Service): string {
  return `http://127.0.0.1:${service.port()}`
}

/** Resolves to the offset of the last one. */
async function sendSome(sender: PacedSender): Promise<number> {
  const sent = await Promise.all(Array.from({ length: ROUND }, () => sender.send()))
  return Math.max(...sent.map(({ outcome }) => (outcome.kind === 'confirmed' ? outcome.offset : 0)))
}

/** Somebody of the user joins; what is announced is noted together with the cursor that it was counted from. */
async function visit(stage: Stage, node: Service, lookout: Lookout, tongue: Tongue) {
  const visitor = stage.add(await startVisitor({ url: urlOf(node), user: USER }, tongue))
  const before = await lookout.look(USER, CHANNEL)
  const { joined, book } = await visitor.join(CHANNEL)
  const after = await lookout.look(USER, CHANNEL)
  // One that moved meanwhile, by a visit that has just ended, could be either.
  const cursor = before !== null && before.offset === after?.offset ? before : undefined
  const { epoch, offset, pendingCount, hasMore } = joined
  const told: Seen = { kind: 'joined', epoch, offset, pendingCount, hasMore, ...(cursor && { cursor }) }
  book.seen.splice(0, 1, told)
  return { visitor, joined, book, seen: book.seen, cursor: after }
}

/** Stays until everything that is there has come, and enough pings were answered to prove it. */
async function prove(visitor: Visitor, book: Book, offset: number): Promise<void> {
  const isThere = (): boolean => (book.reached()?.offset ?? 0) >= Math.max(1, offset)
  await until(isThere, 'something has come', STEP_MS)
  let pings = 0
  visitor.socket.io.on('ping', () => {
    pings += 1
  })
  await until(() => pings >= PROVING_PINGS, 'it is proved', STEP_MS)
}

/** Where somebody was put who had no cursor, or who had one. */
function placeOf(seen: readonly Seen[]): Place | null {
  const joined = seen.find((entry) => entry.kind === 'joined')
  return joined === undefined ? null : { epoch: joined.epoch, offset: joined.offset - joined.pendingCount }
}
