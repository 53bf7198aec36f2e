import type { NotificationReceived, NotificationsClient } from '@carillon/client'
import type { Socket } from 'socket.io-client'
import { borrowed, cut, joinStock, received, reconnected, stock, typed } from './connections.ts'

/** Clients that stay for the whole run, and live through everything. */
export interface Residents {
  readonly count: number
  /** The first of them. */
  readonly host: NotificationsClient
  /** One of them does what long-lived pages do: enters and leaves a channel of its own, loses its connection. */
  stir(n: number): Promise<void>
  leave(): void
}

const OWN = 6
const BORROWED = 6
const STOCK = 6

/** @param onNotification hears all that the typed ones are handed */
export async function settle(
  url: string,
  onNotification: (notification: NotificationReceived) => void,
): Promise<Residents> {
  const host = typed(url, 'host')
  const own = Array.from({ length: OWN }, (_, n) => typed(url, `resident-${n}`))
  const lent = Array.from({ length: BORROWED }, (_, n) => borrowed(url, `lodger-${n}`))
  const plain = Array.from({ length: STOCK }, (_, n) => stock(url, `stock-${n}`))
  const clients = [host, ...own, ...lent.map(({ client }) => client)]
  for (const client of clients) client.on('notification', onNotification)
  await Promise.all([
    ...clients.map((client) => client.joinChannel('lobby')),
    ...plain.map((socket) => joinStock(socket, 'lobby')),
  ])
  return {
    count: clients.length + plain.length,
    host,
    async stir(n) {
      const resident = clients[n % clients.length] ?? host
      await useOnce(resident, n)
      const lodger = lent[n % lent.length]
      if (n % 5 === 0 && lodger !== undefined) await loseConnection(lodger.socket, lodger.client)
    },
    leave() {
      for (const client of clients) client.close()
      for (const { socket } of lent) socket.disconnect()
      for (const socket of plain) socket.disconnect()
    },
  }
}

async function useOnce(client: NotificationsClient, n: number): Promise<void> {
  const channel = `errand-${n}`
  const subscription = await client.joinChannel(channel)
  const heard = received(client, channel)
  await client.sendNotification({ channel, title: channel, message: 'm' })
  await heard
  await subscription.leave()
}

async function loseConnection(socket: Socket, client: NotificationsClient): Promise<void> {
  cut(socket)
  // The application may not have noticed yet.
  await new Promise<void>((resolve) => {
    if (!socket.connected) resolve()
    else socket.once('disconnect', () => resolve())
  })
  await reconnected(client)
}
