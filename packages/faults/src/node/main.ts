import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { attachNotifications, type ServerLimits, type StatsOptions } from '@carillon/server'
import type { NotificationStore, RetentionOptions } from '@carillon/store'
import { Server } from 'socket.io'
import type { StorePlace } from '../stores.ts'
import { openStore } from '../stores.ts'
import { type Breakage, brokenStore } from './broken-store.ts'
import { type Deadline, dyingStore } from './dying-store.ts'
import { errandsOf } from './errands.ts'
import { type Slowness, slowStore } from './slow-store.ts'
import { type Illness, unwellStore } from './unwell-store.ts'
import { usageOf } from './usage.ts'

/** What a node is told when it starts. */
export interface NodeOrders {
  readonly store: StorePlace
  /** It kills itself there; `null` for never. */
  readonly dies: Deadline | null
  /** A fault of our own, to see that the check finds it. @default none */
  readonly breaks?: Breakage
  /** How its store ails until it is told to recover. @default not at all */
  readonly ails?: Illness
  /** @default the store's own */
  readonly keeps?: RetentionOptions
  /** @default as fast as it is */
  readonly slow?: Slowness
  /** @default Carillon's own */
  readonly limits?: ServerLimits
  /** @default Carillon's own */
  readonly stats?: StatsOptions
  /** @default short, so that a run does not wait for a lost connection */
  readonly pings?: { readonly intervalMs: number; readonly timeoutMs: number }
  /** Whether the node vouches for the names that clients bring. @default false */
  readonly isVouching?: boolean
}

const DRAIN_MS = 100
const PINGS = { intervalMs: 400, timeoutMs: 300 }

const orders: NodeOrders = JSON.parse(process.env.CARILLON_NODE ?? '{}')
const { intervalMs, timeoutMs } = orders.pings ?? PINGS
const opened = openStore(orders.store, orders.keeps)
const unwell = unwellStore(opened, orders.ails ?? { share: 0, seed: 0 })
const http = createServer(errandsOf(opened, unwell.recover))
const io = new Server(http, { serveClient: false, pingInterval: intervalMs, pingTimeout: timeoutMs })
const notifications = attachNotifications(io, {
  store: asOrdered(unwell.store),
  limits: orders.limits ?? {},
  stats: orders.stats ?? {},
  // The load is a machine's.
  rates: false,
  log: false,
  ...(orders.isVouching === true ? { authenticate: vouch } : {}),
})

function asOrdered(store: NotificationStore): NotificationStore {
  const slow = orders.slow === undefined ? store : slowStore(store, orders.slow)
  const whole = orders.breaks === undefined ? slow : brokenStore(slow, orders.breaks)
  return orders.dies === null ? whole : dyingStore(whole, orders.dies)
}

function vouch({ handshake }: { readonly handshake: { readonly auth: { readonly user_id?: unknown } } }) {
  return { userId: String(handshake.auth.user_id) }
}

// A node that is broken in silence would look like one that is slow.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (cause) => {
    process.send?.({
      fault: `${event}: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`,
    })
  })
}

process.on('message', (question) => {
  if (question === 'usage') process.send?.({ usage: usageOf(io) })
})
process.on('SIGTERM', () => void leave())

async function leave(): Promise<void> {
  http.close()
  await notifications.close({ disconnect: true, drainMs: DRAIN_MS })
  await opened.close()
  process.exit(0)
}

http.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (http.address() as AddressInfo).port })
})
process.on('disconnect', () => process.exit(0))
