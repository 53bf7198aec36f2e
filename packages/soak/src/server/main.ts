import { statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { attachNotifications, type NotificationsOptions } from '@carillon/server'
import { createMemoryStore, type NotificationStore } from '@carillon/store'
import { sqliteStore } from '@carillon/store-sqlite'
import { Server, type Socket } from 'socket.io'
import { type Census, countAlive } from '../process/census.ts'
import { ordersOf, serveCommands } from '../process/commands.ts'
import { type Memory, measure } from '../process/memory.ts'

/** What the server process is told at its start. */
export interface ServerOrders {
  readonly store:
    | { readonly kind: 'memory' }
    | { readonly kind: 'sqlite'; readonly file: string; readonly maxItemsPerStream: number }
  /** How much faster its time goes. */
  readonly speed: number
  /** Notifications of one page. @default the product's own */
  readonly pageItems?: number
  /** A hook of the host keeps every socket that it is asked about: a leak on purpose, to see that it is found. */
  readonly leaks: boolean
}

export interface ServerCommands {
  /** @param port 0 for a free one */
  listen(port: number): Promise<string>
  /** Resolves when so many sockets are connected and `quietMs` of the server's time have passed since. */
  rest(sockets: number, quietMs: number): Promise<void>
  measure(): Promise<Memory>
  census(): Promise<Census>
  /** Sizes of Socket.IO's own tables. */
  places(): Census
  /** Resolves when so many are connected, or after a while. */
  busy(sockets: number, limitMs: number): Promise<void>
  /** The host itself sends: to everybody, to users who may never come, to a namespace that nobody is in. */
  speak(from: number, count: number): Promise<void>
  /** Bytes on the disk: they may grow, up to the retention. */
  fileBytes(): number
}

/** Records of the product that must not outlive their reason. A test sees that all of them are found. */
const SHAPES = {
  sessions: ['feeds', 'parkedOffset', 'provedUntil'],
  feeds: ['tail', 'liveSince', 'received'],
  tails: ['stream', 'members', 'pins'],
  'cursors waiting': ['subscriber', 'stream', 'to'],
}

/** Small, so that they are full long before anything is measured: from then on the store must not grow. */
const MEMORY_BOUNDS = { maxItemsPerStream: 100, maxStreams: 200, maxCursors: 500, maxBytes: 1_000_000 }

/** The clock goes faster, the work does not: limits that protect from a slow store mean the time of the wall. */
const LIMIT_MS = 2_400_000

/** Short: between two answers the server saves how far its clients got, and that shall happen often. */
const PING_INTERVAL_MS = 8_000
const NETWORK_MS = 10
/** Ten seconds of the wall: a census holds everything up for a moment, and a busy machine for longer. */
const PATIENCE_MS = 10_000

const { store: place, speed, leaks, pageItems } = ordersOf<ServerOrders>()

const http = createServer()
const io = new Server(http, {
  serveClient: false,
  cleanupEmptyChildNamespaces: true,
  pingInterval: PING_INTERVAL_MS,
  pingTimeout: PATIENCE_MS * speed,
  connectTimeout: LIMIT_MS,
  upgradeTimeout: LIMIT_MS,
})
const store = openStore()
const kept: Socket[] = []
const MANY = Number.MAX_SAFE_INTEGER
const common: NotificationsOptions = {
  store,
  log: { info: () => undefined, warn: console.error, error: console.error },
  limits: {
    hookTimeoutMs: LIMIT_MS,
    storeTimeoutMs: LIMIT_MS,
    ...(pageItems === undefined ? {} : { pageItems }),
  },
  // An hour's worth in minutes.
  rates: {
    requestsPerSocket: MANY,
    sendsPerSocket: MANY,
    joinsPerSocket: MANY,
    sendsPerUser: MANY,
    joinsPerUser: MANY,
  },
  authorize: async ({ channel }) => channel !== 'forbidden',
  validate: async ({ title }) => (title === 'unwanted' ? 'not this one' : undefined),
}
const notifications = attachNotifications(io, { ...common, authenticate })
// Here people are who they say they are, and some say nothing.
const teams = attachNotifications(io.of(/^\/team-\w+$/), common)

function openStore(): NotificationStore {
  const opened =
    place.kind === 'memory'
      ? createMemoryStore(MEMORY_BOUNDS)
      : sqliteStore(place.file, { maxItemsPerStream: place.maxItemsPerStream })
  return {
    ...opened,
    // As over a network: so there are always cursors on their way, for the census to see.
    async moveCursors(moves) {
      await sleep(NETWORK_MS)
      return opened.moveCursors(moves)
    },
  }
}

async function authenticate(socket: Socket): Promise<{ userId: string; username: string } | null> {
  if (leaks) kept.push(socket)
  const { user_id: userId } = socket.handshake.auth
  if (userId === 'nobody') return null
  return { userId: String(userId), username: String(userId) }
}

/** The main namespace stays, those of teams go with their last member. */
function isAtRest(sockets: number): boolean {
  return io.of('/').sockets.size === sockets && io.engine.clientsCount === sockets && io._nsps.size === 1
}

async function speak(n: number): Promise<void> {
  const words = { title: 'From the host', message: 'm', data: { n } }
  await notifications.send(words)
  await notifications.send({ ...words, to: { user: `regular-${n % 200}` } })
  await notifications.send({ ...words, to: { user: `stranger-${n}` } })
  await notifications.send({ ...words, channel: `unheard-${n}`, ttl: 1 })
  await teams.of(`/team-unheard${n}`).send({ ...words, channel: 'plans' })
}

serveCommands<ServerCommands>({
  async listen(port) {
    await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', 1024, resolve))
    return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  },
  async rest(sockets, quietMs) {
    while (!isAtRest(sockets)) await sleep(5)
    await sleep(quietMs / speed)
  },
  measure,
  census: () => countAlive(SHAPES),
  places() {
    const { rooms, sids } = io.of('/').adapter
    return { rooms: rooms.size, sids: sids.size, namespaces: io._nsps.size }
  },
  async busy(sockets, limitMs) {
    const deadline = performance.now() + limitMs * speed
    while (io.engine.clientsCount < sockets && performance.now() < deadline) await sleep(2)
  },
  async speak(from, count) {
    for (let n = from; n < from + count; n++) await speak(n)
  },
  fileBytes: () => (place.kind === 'memory' ? 0 : statSync(place.file).size),
})
