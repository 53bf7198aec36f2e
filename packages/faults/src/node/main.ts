import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { attachNotifications } from '@carillon/server'
import { Server } from 'socket.io'
import type { StorePlace } from '../stores.ts'
import { openStore } from '../stores.ts'
import { type Breakage, brokenStore } from './broken-store.ts'
import { type Deadline, dyingStore } from './dying-store.ts'

/** What a node is told when it starts. */
export interface NodeOrders {
  readonly store: StorePlace
  /** It kills itself there; `null` for never. */
  readonly dies: Deadline | null
  /** A fault of our own, to see that the check finds it. @default none */
  readonly breaks?: Breakage
}

const DRAIN_MS = 100

const orders: NodeOrders = JSON.parse(process.env.CARILLON_NODE ?? '{}')
const http = createServer()
const io = new Server(http, { serveClient: false, pingInterval: 400, pingTimeout: 300 })
const opened = openStore(orders.store)
const whole = orders.breaks === undefined ? opened : brokenStore(opened, orders.breaks)
const store = orders.dies === null ? whole : dyingStore(whole, orders.dies)
const notifications = attachNotifications(io, { store, log: false })

// A node that is broken in silence would look like one that is slow.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (cause) => {
    process.send?.({
      fault: `${event}: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`,
    })
  })
}

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
