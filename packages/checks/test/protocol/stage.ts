import { type Kinds, type NotificationInput, type Position, ServerEvent } from '@carillon/protocol'
import { attachNotifications, type NotificationsHandle, type NotificationsOptions } from '@carillon/server'
import { connectStock, type StockClient, type StockOptions, startServer, until } from '@carillon/testkit'
import type { ServerOptions } from 'socket.io'
import { afterEach } from 'vitest'

const opened: (() => unknown)[] = []

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

export interface Stage {
  readonly url: string
  readonly notifications: NotificationsHandle
  connect(auth?: object, options?: StockOptions): StockClient
  /** Ends the connection of a client and waits until the server has let go of it. */
  goAway(client: StockClient): Promise<void>
  /** What a user or a guest finds on joining: the answer, and the titles that follow. */
  rejoin(auth: object | undefined, channel: string, since?: Position): Promise<Found>
}

export interface Found {
  readonly client: StockClient
  readonly pendingCount: number
  readonly titles: readonly string[]
}

/** A server with Carillon attached; everything is closed after the test. */
export async function stage<Claims = unknown>(
  options: NotificationsOptions<Kinds, Claims> = {},
  ioOptions: Partial<ServerOptions> = {},
): Promise<Stage> {
  let attached: NotificationsHandle | undefined
  const onServer = (io: Parameters<typeof attachNotifications>[0]): void => {
    attached = attachNotifications(io, { log: false, ...options })
  }
  const server = await startServer({ onServer, ioOptions })
  opened.push(server.close)
  if (attached === undefined) throw new Error('nothing was attached')
  const notifications = attached

  function connect(auth: object = {}, more: StockOptions = {}): StockClient {
    const client = connectStock(server.url, {
      transports: ['websocket'],
      reconnection: false,
      ...more,
      auth: { ...auth },
    })
    opened.push(client.close)
    return client
  }

  async function goAway(client: StockClient): Promise<void> {
    const { connectedClients } = await notifications.stats()
    client.close()
    const isGone = async (): Promise<boolean> =>
      (await notifications.stats()).connectedClients < connectedClients
    await until(isGone, 'the server has let go of the client')
  }

  async function rejoin(auth: object | undefined, channel: string, since?: Position): Promise<Found> {
    const client = connect(auth)
    client.emit('join-channel', channel, since === undefined ? null : { since })
    const { pendingCount } = await client.next('channel-joined')
    await client.settle()
    return { client, pendingCount, titles: titlesOf(client) }
  }

  return { url: server.url, notifications, connect, goAway, rejoin }
}

/** In the order of arrival, one by one or in batches. */
export function titlesOf(client: StockClient): string[] {
  return client.records.flatMap(({ event, args: [payload] }) => {
    if (event === ServerEvent.NotificationReceived) return [String(Reflect.get(Object(payload), 'title'))]
    const items: unknown =
      event === ServerEvent.NotificationsBatch ? Reflect.get(Object(payload), 'items') : []
    return Array.isArray(items) ? items.map((item) => String(Reflect.get(Object(item), 'title'))) : []
  })
}

export function note(title: string, more: Partial<NotificationInput> = {}): NotificationInput {
  return { title, message: 'm', ...more }
}

export const ALICE = { user_id: 'user_42', username: 'Alice' }
export const BRUNO = { user_id: 'user_7', username: 'Bruno' }

/** The handshake of the same user as a v2 client. */
export function asV2(auth: object, more: object = {}): object {
  return { ...auth, notifications: { version: 2, clientId: 'c81d4e2e', ...more } }
}
