import { until } from '@carillon/testkit'
import type { Socket } from 'socket.io'
import { Manager } from 'socket.io-client'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createComebacks } from '../src/edge/comeback.ts'
import { type ConnectOptions, connectNotifications, type NotificationsClient } from '../src/index.ts'
import { clientOf, fakeServer, socketOf, statusIs } from './kit.ts'

/** Says why, and ends the connection. */
function turnAway(socket: Socket, code: string): void {
  socket.emit('error-message', { errors: ['Fini'], code, event: null })
  socket.disconnect()
}

/** What the application hears: statuses, and problems with whether they pass by themselves. */
function heardOf(client: NotificationsClient): unknown[] {
  const heard: unknown[] = []
  client.on('status', (status) => heard.push(status))
  client.on('problem', ({ code, retryable }) => heard.push([code, retryable]))
  return heard
}

/** An `auth` function, and how often it was asked. */
function tokens() {
  let asked = 0
  const auth = async (): Promise<object> => ({ token: `t${++asked}` })
  return { auth, asked: () => asked }
}

test.each(['token-expired', 'hook-failed'])(
  '[CL1] after the last words %s the client comes back by itself, with a fresh auth',
  async (code) => {
    const server = await fakeServer()
    const { auth } = tokens()
    const client = clientOf(server.url, { auth })
    const devops = await client.joinChannel('devops')
    const heard = heardOf(client)
    const seen: unknown[] = []
    server.greet = (confirm, socket) => {
      seen.push(socket.handshake.auth.token)
      confirm()
    }
    for (const socket of server.sockets()) turnAway(socket, code)
    await until(() => devops.state !== 'joined', 'the end')
    const waiting = client.stats()
    await statusIs(client, 'connected')
    await waiting
    expect(heard).toEqual(['reconnecting', [code, true], 'connected'])
    expect(seen).toEqual(['t2'])
    await until(() => devops.state === 'joined', 'the channel to be joined again')
  },
)

test('[CL1] a first handshake that brings an expired token is repeated with a fresh one', async () => {
  const server = await fakeServer()
  server.greet = (confirm, socket) =>
    socket.handshake.auth.token === 't1' ? turnAway(socket, 'token-expired') : confirm()
  const { auth, asked } = tokens()
  const client = clientOf(server.url, { auth })
  const heard = heardOf(client)
  await client.stats()
  expect([heard, asked()]).toEqual([[['token-expired', true], 'connected'], 2])
})

test.each([
  ['that is refused', (_confirm: () => void, socket: Socket) => turnAway(socket, 'token-expired')],
  [
    'that is confirmed and has expired at once',
    (confirm: () => void, socket: Socket) => {
      confirm()
      turnAway(socket, 'token-expired')
    },
  ],
])('[CL1] a token %s is brought again with growing delay, and not for ever', async (_, greet) => {
  const server = await fakeServer()
  server.greet = greet
  const { auth, asked } = tokens()
  const options = { reconnectionAttempts: 3, reconnectionDelay: 20, reconnectionDelayMax: 1_000 }
  const client = clientOf(server.url, { auth, ...options, randomizationFactor: 0 })
  const begun = performance.now()
  const heard = heardOf(client)
  await statusIs(client, 'suspended')
  // 20, 40 and 80 ms.
  expect(performance.now() - begun).toBeGreaterThanOrEqual(140)
  expect(asked()).toBe(4)
  expect(heard.at(-1)).toEqual(['token-expired', false])
  server.greet = (confirm) => confirm()
  client.connect()
  await statusIs(client, 'connected')
  expect(asked()).toBe(5)
})

test('[CL1] a connection that has stood is a success: the attempts are counted anew', async () => {
  const server = await fakeServer()
  const { auth } = tokens()
  const client = clientOf(server.url, { auth, reconnectionAttempts: 1, reconnectionDelayMax: 1 })
  for (let round = 0; round < 3; round++) {
    await statusIs(client, 'connected')
    await client.stats()
    const since = performance.now()
    await until(() => performance.now() - since > 1, 'a millisecond')
    for (const socket of server.sockets()) turnAway(socket, 'token-expired')
    await statusIs(client, 'reconnecting')
  }
  await statusIs(client, 'connected')
})

test.each<[string, string, ConnectOptions]>([
  ['unauthenticated', 'asked', { auth: () => ({}) }],
  ['disconnected', 'asked', { auth: () => ({}) }],
  ['token-expired', 'an object', { auth: {} }],
])(
  '[CL1] after the last words %s, with an auth that is %s, nothing happens until connect()',
  async (code, _, options) => {
    const server = await fakeServer()
    const client = clientOf(server.url, options)
    await statusIs(client, 'connected')
    const heard = heardOf(client)
    for (const socket of server.sockets()) turnAway(socket, code)
    await statusIs(client, 'suspended')
    expect(heard).toEqual(['suspended', [code, false]])
    client.connect()
    await statusIs(client, 'connected')
  },
)

test('[CL1] an expired token that cannot be renewed says what to do', async () => {
  const server = await fakeServer()
  server.greet = (_confirm, socket) => turnAway(socket, 'token-expired')
  const client = clientOf(server.url, { auth: { token: 't' } })
  const problem = await new Promise((resolve) => client.on('problem', resolve))
  expect(problem).toMatchObject({
    code: 'token-expired',
    errors: ['Fini'],
    message: 'Fini; make "auth" a function that gives a fresh one, and the client renews it by itself',
  })
})

test('[CL1] without reconnection an expired token suspends it', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url, { auth: () => ({}), reconnection: false })
  await statusIs(client, 'connected')
  for (const socket of server.sockets()) turnAway(socket, 'token-expired')
  await statusIs(client, 'suspended')
})

test('[CL1] connect() does not hurry what comes back by itself', async () => {
  const server = await fakeServer()
  server.greet = (_confirm, socket) => turnAway(socket, 'token-expired')
  const { auth, asked } = tokens()
  const options = { reconnectionDelay: 60, reconnectionDelayMax: 60, randomizationFactor: 0 }
  const client = clientOf(server.url, { auth, ...options, reconnectionAttempts: 2 })
  client.on('problem', () => client.status !== 'suspended' && client.connect())
  const begun = performance.now()
  await statusIs(client, 'suspended')
  expect(performance.now() - begun).toBeGreaterThanOrEqual(120)
  expect(asked()).toBe(3)
})

test('[CL1] [G9] close() ends what would come back, and leaves no timer', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url, { auth: () => ({}) })
  await statusIs(client, 'connected')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  for (const socket of server.sockets()) turnAway(socket, 'token-expired')
  while (client.status !== 'reconnecting') await new Promise(setImmediate)
  // The server in this process has its own.
  const timers = vi.getTimerCount()
  client.close()
  expect(vi.getTimerCount()).toBe(timers - 1)
})

test('[CL1] an end for good ends what would come back from the one before', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const settings = new Manager('http://127.0.0.1:1', { autoConnect: false, reconnectionAttempts: 2 })
  const comeBack = vi.fn()
  const comebacks = createComebacks(settings, () => true, comeBack)
  expect(comebacks.onEnded({ code: 'token-expired' })).toBe('coming')
  await vi.advanceTimersByTimeAsync(1_500)
  expect(comeBack).toHaveBeenCalledTimes(1)
  expect(comebacks.onEnded({ code: 'hook-failed' })).toBe('coming')
  // Whoever owns the socket was quicker, and this time the server meant it.
  expect([comebacks.onEnded(undefined), comebacks.isWaiting()]).toEqual(['final', false])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(comeBack).toHaveBeenCalledTimes(1)
  expect(comebacks.onEnded({ code: 'token-expired' })).toBe('used-up')
})

test('[CL1] [S23] who is cut off for asking too much is told so, and comes back as from any broken connection', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  const heard = heardOf(client)
  for (const socket of server.sockets()) {
    socket.emit('error-message', { errors: ['Trop'], code: 'too-many-requests', event: null })
    socket.conn.close()
  }
  await statusIs(client, 'reconnecting')
  await statusIs(client, 'connected')
  expect(heard).toEqual(['reconnecting', ['too-many-requests', false], 'connected'])
})

test('[CL1] [S23] and not before the time that the server says, whatever Socket.IO would do', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const devops = await client.joinChannel('devops')
  const heard = heardOf(client)
  const waits: unknown[] = []
  client.on('problem', ({ retryAfterMs }) => waits.push(retryAfterMs))
  const words = { errors: ['Trop'], code: 'too-many-requests', event: null, retryAfterMs: 400 }
  const begun = performance.now()
  for (const socket of server.sockets()) {
    socket.emit('error-message', words)
    socket.conn.close()
  }
  await statusIs(client, 'reconnecting')
  // Asking for it makes it no sooner.
  client.connect()
  const waiting = client.stats()
  await statusIs(client, 'connected')
  expect(performance.now() - begun).toBeGreaterThan(390)
  await waiting
  expect(heard).toEqual(['reconnecting', ['too-many-requests', true], 'connected'])
  expect(waits).toEqual([400])
  await until(() => devops.state === 'joined', 'the channel to be joined again')
})

test('[CL1] close() ends that wait, and with reconnection switched off there is none', async () => {
  const server = await fakeServer()
  const clients = [clientOf(server.url), clientOf(server.url, { reconnection: false })]
  for (const client of clients) await statusIs(client, 'connected')
  for (const socket of server.sockets()) {
    const words = { errors: ['Trop'], code: 'too-many-requests', event: null, retryAfterMs: 50 }
    socket.emit('error-message', words)
    socket.conn.close()
  }
  await until(() => clients.every(({ status }) => status !== 'connected'), 'both ends')
  expect(clients.map(({ status }) => status)).toEqual(['reconnecting', 'suspended'])
  clients[0]?.close()
  const third = clientOf(server.url, { timeoutMs: 500 })
  await statusIs(third, 'connected')
  const since = performance.now()
  await until(() => performance.now() - since > 100, 'the time that was said')
  expect(server.sockets()).toHaveLength(1)
})

test('[CL9] a socket that was handed in comes back, too, when its auth is a function', async () => {
  const server = await fakeServer()
  let asked = 0
  const socket = socketOf(server.url, { auth: (done) => done({ token: `t${++asked}` }) })
  const client = connectNotifications(socket)
  await statusIs(client, 'connected')
  for (const each of server.sockets()) turnAway(each, 'token-expired')
  await statusIs(client, 'reconnecting')
  await statusIs(client, 'connected')
  await client.refreshAuth()
  expect(server.argsOf('refresh-auth')).toEqual([[{ token: 't3' }]])
  client.close()
  expect(socket.connected).toBe(true)
})

test('[CL9] of a socket with an auth object refreshAuth() says what its owner has put there', async () => {
  const server = await fakeServer()
  const socket = socketOf(server.url, { auth: { token: 'old' } })
  const client = connectNotifications(socket)
  await statusIs(client, 'connected')
  Object.assign(socket.auth, { token: 'new' })
  await client.refreshAuth()
  expect(server.argsOf('refresh-auth')).toEqual([[{ token: 'new' }]])
  for (const each of server.sockets()) turnAway(each, 'token-expired')
  await statusIs(client, 'suspended')
  client.close()
})
