import { until } from '@carillon/testkit'
import type { Socket } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { connectNotifications, type NotificationsClient, type NotificationsError } from '../src/index.ts'
import { fakeServer, rejectionOf, socketOf, statusIs, titlesOf } from './kit.ts'

function borrow(socket: Socket): NotificationsClient {
  const client = connectNotifications(socket)
  onTestFinished(() => client.close())
  return client
}

/** How many listeners a socket and its manager have. */
function listenersOf(socket: Socket): number {
  const events = [
    'connect',
    'disconnect',
    'connect_error',
    'notification-received',
    'connection-confirmed',
    'server-stats',
    'channel-joined',
    'channel-left',
    'error-message',
  ]
  const own = events.map((event) => socket.listeners(event).length)
  const manager = (['reconnect_failed', 'reconnect_attempt', 'open', 'close'] as const).map(
    (event) => socket.io.listeners(event).length,
  )
  return [...own, ...manager].reduce((sum, count) => sum + count, 0)
}

test('[CL9] a socket that is about to connect says who we are, and keeps what its owner says', async () => {
  const server = await fakeServer()
  const socket = socketOf(server.url, { auth: { user_id: 'alice' } })
  const client = borrow(socket)
  expect(client.status).toBe('connecting')
  await statusIs(client, 'connected')
  expect(client.userId).toBe('alice')
  const [auth] = server.sockets().map(({ handshake }) => handshake.auth)
  expect(auth).toMatchObject({ user_id: 'alice', notifications: { version: 2, clientId: client.clientId } })
})

test('[CL9] an auth function of the owner is asked as Socket.IO would', async () => {
  const server = await fakeServer()
  const socket = socketOf(server.url, { auth: (done: (auth: object) => void) => done({ user_id: 'bob' }) })
  const client = borrow(socket)
  await statusIs(client, 'connected')
  expect(client.userId).toBe('bob')
})

test('[CL9] a socket that its owner has not connected stays so until somebody connects it', async () => {
  const server = await fakeServer()
  const socket = socketOf(server.url, { autoConnect: false })
  const client = borrow(socket)
  expect(client.status).toBe('suspended')
  socket.connect()
  await statusIs(client, 'connected')
  socket.disconnect()
  expect(client.status).toBe('suspended')
  client.connect()
  await statusIs(client, 'connected')
})

test('[CL9] close() takes our listeners off, gives its auth back and leaves the socket connected', async () => {
  const server = await fakeServer()
  const auth = { user_id: 'alice' }
  const socket = socketOf(server.url, { auth })
  const before = listenersOf(socket)
  const client = borrow(socket)
  await client.joinChannel('devops')
  expect(listenersOf(socket)).toBeGreaterThan(before)
  client.close()
  expect([listenersOf(socket), socket.auth === auth, socket.connected]).toEqual([before, true, true])
})

test('[CL9] a socket without auth has none afterwards', async () => {
  const server = await fakeServer()
  const socket = socketOf(server.url)
  const client = borrow(socket)
  await statusIs(client, 'connected')
  client.close()
  expect('auth' in socket).toBe(false)
})

test('[CL9] an owner who changes a field of auth, or sets another one, is heard and keeps it', async () => {
  const server = await fakeServer()
  const socket = socketOf(server.url, { auth: { token: 'a' } })
  const client = borrow(socket)
  await statusIs(client, 'connected')
  const tokens = () => server.sockets().map(({ handshake }) => handshake.auth)
  Object.assign(socket.auth, { token: 'b' })
  server.cut()
  await statusIs(client, 'reconnecting')
  await statusIs(client, 'connected')
  expect(tokens()).toMatchObject([{ token: 'b', notifications: { version: 2 } }])
  socket.auth = { token: 'c' }
  server.cut()
  await statusIs(client, 'reconnecting')
  await statusIs(client, 'connected')
  expect(tokens()).toMatchObject([{ token: 'c', notifications: { version: 2 } }])
  Object.assign(socket.auth, { token: 'd' })
  client.close()
  expect(socket.auth).toEqual({ token: 'd' })
})

test('[CL9] on a connection of the first version events beside the acknowledgements are not problems', async () => {
  const server = await fakeServer()
  const socket = socketOf(server.url)
  await until(() => socket.connected, 'the connection of the owner')
  const client = borrow(socket)
  const problems: string[] = []
  client.on('problem', ({ code }) => problems.push(code))
  const titles = titlesOf(client)
  const devops = await client.joinChannel('devops')
  await client.sendNotification({ channel: 'devops', title: 'one', message: 'm' })
  server.script = (asked) => asked.refuse({ code: 'not-allowed' })
  expect(await rejectionOf(client.joinChannel('secret'))).toMatchObject({ code: 'not-allowed' })
  await until(() => titles.length === 1, 'the notification')
  expect([problems, devops.state]).toEqual([[], 'joined'])
})

test('[G4] a send that a server of the first version might store twice is not sent twice', async () => {
  const server = await fakeServer()
  const socket = socketOf(server.url)
  await until(() => socket.connected, 'the connection of the owner')
  const client = borrow(socket)
  server.script = () => undefined
  const failed = rejectionOf(client.sendNotification({ title: 'one', message: 'm' }))
  const stats = client.stats()
  await until(() => server.asked.length === 2, 'both requests')
  server.script = (asked) => asked.answer()
  server.cut()
  expect(await failed).toMatchObject({ code: 'disconnected', outcome: 'unknown', retryable: true })
  await stats
  expect(server.argsOf('send-notification')).toHaveLength(1)
})

test.each([
  ['retries', { retries: 2, ackTimeout: 200 }],
  ['ackTimeout', { ackTimeout: 50 }],
])('[CL9] a socket with %s works, answers that come late included', async (_, options) => {
  const server = await fakeServer()
  const client = borrow(socketOf(server.url, options))
  const problems: NotificationsError[] = []
  client.on('problem', (problem) => problems.push(problem))
  await client.joinChannel('devops')
  const titles = titlesOf(client)
  await Promise.all(
    ['a', 'b', 'c'].map((title) => client.sendNotification({ channel: 'devops', title, message: 'm' })),
  )
  server.cut()
  await statusIs(client, 'reconnecting')
  await client.sendNotification({ channel: 'devops', title: 'd', message: 'm' })
  await until(() => titles.length === 4, 'all four')
  expect([titles, problems]).toEqual([['a', 'b', 'c', 'd'], []])
})

test('[CL9] an answer that comes after the ackTimeout of the socket is asked for again', async () => {
  const server = await fakeServer()
  const client = borrow(socketOf(server.url, { ackTimeout: 20 }))
  await statusIs(client, 'connected')
  server.script = (asked) => {
    if (server.argsOf('send-notification').length > 2) asked.answer()
  }
  const sent = await client.sendNotification({ title: 'one', message: 'm' })
  expect(sent.offset).toBe(1)
  const keys = server.argsOf('send-notification').map(([input]) => JSON.stringify(input))
  expect([keys.length >= 3, new Set(keys).size]).toEqual([true, 1])
})
