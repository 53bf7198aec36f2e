import {
  ClientEvent,
  channelOf,
  fr,
  type NotificationReceived,
  type NotificationsBatch,
  type Problem,
  parseHandshake,
  ServerEvent,
} from '@carillon/protocol'
import { createMemoryStore, type NotificationStore } from '@carillon/store'
import { type FakeClock, fakeClock } from '@carillon/testkit'
import { connect, createSession } from '../../src/flows/connect.ts'
import { heed, obey } from '../../src/flows/controls.ts'
import { type Core, createCore, type Settings } from '../../src/flows/core.ts'
import { disconnect } from '../../src/flows/disconnect.ts'
import type { Hooks, Peer, Wire } from '../../src/flows/ports.ts'
import { onRequest } from '../../src/flows/requests.ts'
import { restart } from '../../src/flows/restart.ts'
import type { Session } from '../../src/flows/session.ts'
import { type Backlog, NOTHING_WAITS } from '../../src/rules/backlog.ts'
import { createNotificationIds } from '../../src/rules/notification-id.ts'
import type { Policy } from '../../src/rules/policies.ts'

/** One frame that a client got. */
export interface Frame {
  readonly event: string
  readonly payload: Record<string, unknown>
}

export function eventsOf(frames: readonly Frame[]): string[] {
  return frames.map(({ event }) => event)
}

export interface TestPeer extends Peer {
  readonly frames: Frame[]
  readonly rooms: Set<string>
  /** What waits for it to read on: as the test says. */
  backlog: Backlog
  isCut: boolean
  readonly connectedAt: number
}

/** The flows of one scope over a wire of arrays: no sockets, no timers, every wait in the test's hand. */
export interface World {
  readonly core: Core
  readonly store: NotificationStore
  readonly faults: unknown[]
  readonly time: FakeClock
  /** Ids of the personal notifications that were appended. */
  readonly personal: string[]
  /** Sockets that were announced to lag. */
  readonly lagging: string[]
  readonly refused: Problem[]
  connect(auth: object): { peer: TestPeer; session: Session }
  disconnect(session: Session): void
  request(session: Session, event: ClientEvent, ...args: unknown[]): void
}

/** When something that waits may go on; the default is at once. */
export type Delay = (what: string) => Promise<void>

export interface WorldOptions {
  readonly delay?: Delay
  readonly hooks?: Hooks
  readonly policies?: readonly Policy[]
  readonly settings?: Partial<Settings>
  readonly wire?: (wire: Wire) => Wire
  readonly store?: (store: NotificationStore) => NotificationStore
}

const SETTINGS: Settings = {
  catalogue: fr,
  announcedLimits: {},
  narrowing: null,
  rates: null,
  channelsPerSocket: 100,
  requestsPerSocket: 1_000,
  hooksPerSocket: 8,
  channelsListed: 100,
  historyItems: 100,
  page: { limit: 100, maxBytes: 1_000_000 },
  missedBroadcasts: 100,
  hookTimeoutMs: 5_000,
  holeWaitMs: 200,
  lingerMs: 30_000,
  stats: { minIntervalMs: 250, perClientMs: 1 },
  marks: { bucketMs: 100, keepMs: 70_000 },
  buffer: { frames: 512, bytes: 1_000_000, stalledLooks: 30 },
  lookMs: 1_000,
  serverName: 'Serveur',
}

export function createWorld(options: WorldOptions = {}): World {
  const delay = options.delay ?? (() => Promise.resolve())
  const time = fakeClock()
  const faults: unknown[] = []
  const peers = new Set<TestPeer>()
  const sessions = new Set<Session>()
  const memory = createMemoryStore({ now: time.now })
  const personal: string[] = []
  const lagging: string[] = []
  const refused: Problem[] = []
  const store = (options.store ?? ((same) => same))(delayed(memory, delay))
  const plain = arrayWire(peers, delay, (peer) => {
    for (const session of sessions) if (session.peer === peer) vanish(session)
  })
  const core = createCore(
    {
      scope: '/',
      settings: { ...SETTINGS, ...options.settings },
      store,
      wire: (options.wire ?? ((same) => same))(plain),
      clock: { now: time.now, time: time.now, after: time.after },
      hooks: options.hooks ?? {},
      policies: options.policies ?? [],
      rates: null,
      announce: {
        sent: ({ stream, notificationId }) => void (stream === 'u' && personal.push(notificationId)),
        joined() {},
        left() {},
        refused: ({ problems }) => void refused.push(...problems),
        lagging: ({ socketId }) => void lagging.push(socketId),
        problem: (fault) => void faults.push(fault),
      },
      neighbours: { tell() {} },
      sessions: () => sessions,
      newId: createNotificationIds('test'),
      fingerprint: (text) => text,
    },
    { restart, obey, heed },
  )
  let count = 0
  function vanish(session: Session): void {
    sessions.delete(session)
    disconnect(core, session)
    for (const peer of peers) if (peer === session.peer) peers.delete(peer)
  }
  return {
    core,
    store,
    faults,
    time,
    personal,
    lagging,
    refused,
    connect(auth) {
      const peer: TestPeer = {
        id: `peer-${count++}`,
        frames: [],
        rooms: new Set(),
        backlog: NOTHING_WAITS,
        isCut: false,
        connectedAt: time.now(),
      }
      peers.add(peer)
      const claims = parseHandshake(auth)
      const session = createSession(peer, claims)
      sessions.add(session)
      connect(core, session, claims, false).catch((cause) => faults.push(cause))
      return { peer, session }
    },
    disconnect: vanish,
    request: (session, event, ...args) => onRequest(core, session, event, args),
  }
}

function arrayWire(peers: ReadonlySet<TestPeer>, delay: Delay, end: (peer: Peer) => void): Wire {
  const framesOf = (peer: Peer): TestPeer | undefined => [...peers].find((known) => known === peer)
  return {
    emit: (peer, event, payload) => void framesOf(peer)?.frames.push({ event, payload: { ...payload } }),
    emitShared: (peer, event, payload) =>
      void framesOf(peer)?.frames.push({ event, payload: { ...payload } }),
    together: (_, emit) => emit(),
    emitRoom(room, event, payload, exceptRoom) {
      for (const { rooms, frames } of peers) {
        const isExcepted = exceptRoom !== undefined && rooms.has(exceptRoom)
        if (rooms.has(room) && !isExcepted) frames.push({ event, payload: { ...payload } })
      }
    },
    enter: (peer, room) => void framesOf(peer)?.rooms.add(room),
    leave: (peer, room) => void framesOf(peer)?.rooms.delete(room),
    watchHeartbeats() {},
    drained: () => delay('drained'),
    dismiss: end,
    hangUp: end,
    addressOf: () => null,
    connectedAt: (peer) => framesOf(peer)?.connectedAt ?? 0,
    backlog: (peer) => framesOf(peer)?.backlog ?? NOTHING_WAITS,
    cut(peer) {
      const known = framesOf(peer)
      if (known !== undefined) known.isCut = true
    },
  }
}

/** The same store, but every answer takes its time: before the work, and again before the caller hears of it. */
function delayed(store: NotificationStore, delay: Delay): NotificationStore {
  const around = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    await delay(`${what} begins`)
    const result = await work()
    await delay(`${what} ends`)
    return result
  }
  return {
    ...store,
    // Each call takes a time of its own.
    inOrder: false,
    append: (entries) => around('append', () => store.append(entries)),
    read: (stream, query) => around('read', () => store.read(stream, query)),
    heads: (streams) => around('heads', () => store.heads(streams)),
    cursors: (questions) => around('cursors', () => store.cursors(questions)),
    moveCursors: (moves) => around('moveCursors', () => store.moveCursors(moves)),
  }
}

/** The frames as a client of the first version would have got them. */
export function oneByOne(frames: readonly Frame[]): Frame[] {
  return frames.flatMap(({ event, payload }) => {
    if (event !== ServerEvent.NotificationsBatch) return [{ event, payload }]
    const { items, ...shared } = payload as unknown as NotificationsBatch
    return items.map((item) => ({
      event: ServerEvent.NotificationReceived,
      payload: { ...item, ...shared, channel: channelOf(shared.stream) },
    }))
  })
}

export function notifications(frames: readonly Frame[], stream: string): NotificationReceived[] {
  return oneByOne(frames)
    .filter(({ event, payload }) => event === ServerEvent.NotificationReceived && payload.stream === stream)
    .map(({ payload }) => payload as unknown as NotificationReceived)
}

export function offsetsOf(frames: readonly Frame[], stream: string): number[] {
  return notifications(frames, stream).map(({ offset }) => offset)
}

export { ClientEvent, ServerEvent }
