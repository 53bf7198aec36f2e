import { setTimeout as sleep } from 'node:timers/promises'
import { type ConnectOptions, connectNotifications, type NotificationsClient } from '@carillon/client'
import { ClientEvent, ServerEvent } from '@carillon/protocol'
import { within } from '@carillon/testkit'
import { io, type Socket } from 'socket.io-client'

/** Long, by a clock that goes faster: nothing here may end because of the time that it takes. */
const TIMEOUT_MS = 2_400_000

const TRANSPORT = {
  // Sockets of one manager would be kept by it, as Socket.IO's client does.
  forceNew: true,
  transports: ['websocket'],
  reconnectionAttempts: Number.POSITIVE_INFINITY,
  reconnectionDelay: 50,
  reconnectionDelayMax: 50,
  timeout: TIMEOUT_MS,
}

type Extra = Pick<ConnectOptions, 'storage' | 'transports'>

/** @param user `null` for a guest */
export function typed(
  url: string,
  user: string | null,
  extra: Extra = { storage: false },
): NotificationsClient {
  const auth = { user_id: user, username: user }
  return connectNotifications(url, { ...TRANSPORT, ...extra, timeoutMs: TIMEOUT_MS, auth })
}

/** A typed client on a socket of the application's own, whose connection can be cut. */
export function borrowed(url: string, user: string): { client: NotificationsClient; socket: Socket } {
  const socket = stock(url, user)
  return { client: connectNotifications(socket, { storage: false, timeoutMs: TIMEOUT_MS }), socket }
}

/** A client that knows nothing of Carillon. */
export function stock(url: string, user: string, auth: object = {}, transports = ['websocket']): Socket {
  return io(url, { ...TRANSPORT, transports, auth: { user_id: user, username: user, ...auth } })
}

/** Resolves with the next such event; rejects when the connection ends first. */
export function next(socket: Socket, event: ServerEvent): Promise<void> {
  const came = new Promise<void>((resolve, reject) => {
    const onEvent = (): void => {
      socket.off('disconnect', onEnd)
      resolve()
    }
    const onEnd = (reason: string): void => {
      socket.off(event, onEvent)
      reject(new Error(`waited for ${event}, and lost the connection: ${reason}`))
    }
    socket.once(event, onEvent)
    socket.once('disconnect', onEnd)
  })
  return within(came, TIMEOUT_MS, event)
}

/** Joins as a stock client does, and waits for the event that says so. */
export async function joinStock(socket: Socket, channel: string): Promise<void> {
  const joined = next(socket, ServerEvent.ChannelJoined)
  socket.emit(ClientEvent.JoinChannel, channel)
  await joined
}

export async function sendStock(socket: Socket, channel: string, title: string): Promise<void> {
  const sent = next(socket, ServerEvent.NotificationSent)
  socket.emit(ClientEvent.SendNotification, { channel, title, message: 'm' })
  await sent
}

/** A network that is gone from one moment to the next. */
export function cut(socket: Socket): void {
  socket.io.engine.close()
}

/** Resolves when the application has been handed a notification with this title. */
export function received(client: NotificationsClient, title: string): Promise<void> {
  const heard = new Promise<void>((resolve) => {
    const listener = (notification: { readonly title: string }): void => {
      if (notification.title !== title) return
      client.off('notification', listener)
      resolve()
    }
    client.on('notification', listener)
  })
  return within(heard, TIMEOUT_MS, `"${title}"`)
}

/** Resolves when the client is connected again. */
export async function reconnected(client: NotificationsClient): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS
  while (client.status !== 'connected' && performance.now() < deadline) await sleep(2)
}
