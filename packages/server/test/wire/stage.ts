import type { Kinds } from '@carillon/protocol'
import {
  connectRaw,
  connectStock,
  type RawClient,
  type RawOptions,
  type StartOptions,
  type StockClient,
  type StockOptions,
  startServer,
  type TestServer,
} from '@carillon/testkit'
import type { Namespace, Server } from 'socket.io'
import { afterEach } from 'vitest'
import {
  attachNotifications,
  type NotificationsError,
  type NotificationsHandle,
  type NotificationsOptions,
} from '../../src/index.ts'

/** A real server with Carillon on it. */
export interface Stage {
  readonly server: TestServer
  readonly io: Server
  readonly url: string
  readonly notifications: NotificationsHandle
  /** Everything that went to `problem`. */
  readonly problems: readonly NotificationsError[]
}

export interface StageOptions extends StartOptions {
  /** What Carillon is attached to. @default the server */
  readonly on?: (io: Server) => Server | Namespace
}

const open: (() => unknown)[] = []

/** Calls this after the test, the last one first. */
export function afterTest(close: () => unknown): void {
  open.push(close)
}

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

export async function stage<Claims = unknown>(
  options: NotificationsOptions<Kinds, Claims> = {},
  start: StageOptions = {},
): Promise<Stage> {
  const { on = (io: Server) => io, ...rest } = start
  const problems: NotificationsError[] = []
  const server = await startServer(rest)
  afterTest(server.close)
  const notifications = attachNotifications(on(server.io), { log: false, ...options })
  notifications.on('problem', (problem) => problems.push(problem))
  afterTest(notifications.close)
  return { server, io: server.io, url: server.url, notifications, problems }
}

export function stock(url: string, options: StockOptions = {}): StockClient {
  const client = connectStock(url, options)
  afterTest(client.close)
  return client
}

export function raw(url: string, options: RawOptions = {}): RawClient {
  const client = connectRaw(url, options)
  afterTest(client.close)
  return client
}

/** What `auth` of a client says that claims to be somebody. */
export function as(user: string, more: Readonly<Record<string, unknown>> = {}): { auth: object } {
  return { auth: { user_id: user, username: user.toUpperCase(), ...more } }
}

/** `auth` of a client of the second version. */
export const V2 = { notifications: { version: 2 } } as const

/** A notification that says nothing but its title. */
export function note(
  channel: string | null,
  title: string,
): { channel: string | null; title: string; message: string } {
  return { channel, title, message: `Message of ${title}` }
}

/** Sends one after the other, each when the one before has come back to its sender. The result ends it. */
export function keepSending(sender: StockClient, channel: string | null, from: number): () => Promise<void> {
  let isOver = false
  const sending = (async () => {
    for (let n = from; !isOver; n++) {
      sender.emit('send-notification', note(channel, `${n}`))
      await sender.next('notification-received', ({ title }) => title === `${n}`)
    }
  })()
  return () => {
    isOver = true
    return sending
  }
}
