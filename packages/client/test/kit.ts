import { until } from '@carillon/testkit'
import type { ServerOptions } from 'socket.io'
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import { onTestFinished } from 'vitest'
import { type ConnectOptions, connectNotifications, type NotificationsClient } from '../src/index.ts'
import { type FakeServer, startFake } from './fake-server.ts'

/** A fake server that is closed with the test. */
export async function fakeServer(port?: number, ioOptions?: Partial<ServerOptions>): Promise<FakeServer> {
  const server = await startFake(port, ioOptions)
  onTestFinished(() => server.close())
  return server
}

/** A client that reconnects fast and is closed with the test. */
export function clientOf(url: string, options: ConnectOptions = {}): NotificationsClient {
  const client = connectNotifications(url, {
    forceNew: true,
    transports: ['websocket'],
    reconnectionDelay: 10,
    reconnectionDelayMax: 20,
    ...options,
  })
  onTestFinished(() => client.close())
  return client
}

/** A socket of the application, closed with the test. */
export function socketOf(url: string, options: Partial<ManagerOptions & SocketOptions> = {}): Socket {
  const socket = io(url, {
    forceNew: true,
    transports: ['websocket'],
    reconnectionDelay: 10,
    reconnectionDelayMax: 20,
    ...options,
  })
  onTestFinished(() => void socket.disconnect())
  return socket
}

export async function statusIs(client: NotificationsClient, status: string): Promise<void> {
  await until(() => client.status === status, `status ${status}`)
}

/** Titles of what the client hands over, in order. */
export function titlesOf(client: NotificationsClient): string[] {
  const titles: string[] = []
  client.on('notification', ({ title }) => titles.push(title))
  return titles
}

/** The error that a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('the promise was expected to reject')
}
