import { until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { isNotificationsError, type NotificationsError } from '../src/index.ts'
import { startFake } from './fake-server.ts'
import { clientOf, fakeServer, rejectionOf, statusIs } from './kit.ts'

test('[CL1] connected means confirmed by the server, not just open', async () => {
  const server = await fakeServer()
  let confirm: (() => void) | undefined
  server.greet = (confirmNow) => {
    confirm = confirmNow
  }
  const client = clientOf(server.url, { auth: { user_id: 'alice' } })
  const seen: string[] = []
  client.on('status', (status) => seen.push(status))
  await until(() => confirm, 'a connection')
  expect(client.status).toBe('connecting')
  expect(client.userId).toBeNull()
  const confirmed = new Promise((resolve) => client.once('confirmed', resolve))
  confirm?.()
  expect(await confirmed).toMatchObject({ userId: 'alice', version: 2 })
  expect([client.status, client.userId, seen]).toEqual(['connected', 'alice', ['connected']])
})

test('[CL1] a broken connection is made again and confirmed again', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  const seen: string[] = []
  client.on('status', (status) => seen.push(status))
  server.cut()
  await until(() => seen.at(-1) === 'connected', 'the second confirmation')
  expect(seen).toEqual(['reconnecting', 'connected'])
})

test('[CL1] attempts that are used up suspend it, and connect() tries again', async () => {
  const server = await startFake()
  const client = clientOf(server.url, { reconnectionAttempts: 2 })
  await statusIs(client, 'connected')
  await server.close()
  await statusIs(client, 'suspended')
  client.connect()
  expect(client.status).toBe('connecting')
  await statusIs(client, 'suspended')
  await fakeServer(server.port)
  client.connect()
  await statusIs(client, 'connected')
})

test('[CL1] without reconnection the first loss suspends it', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url, { reconnection: false })
  await statusIs(client, 'connected')
  server.cut()
  await statusIs(client, 'suspended')
  client.connect()
  await statusIs(client, 'connected')
})

test('[CL1] without reconnection a server that is not there suspends it', async () => {
  const server = await startFake()
  await server.close()
  const client = clientOf(server.url, { reconnection: false })
  await statusIs(client, 'suspended')
})

test('[CL1] a disconnect by the server suspends it and is told with its last words', async () => {
  const server = await fakeServer()
  server.greet = (_confirm, socket) => {
    socket.emit('error-message', {
      errors: ["L'authentification a échoué"],
      code: 'unauthenticated',
      event: null,
    })
    socket.disconnect()
  }
  const client = clientOf(server.url)
  const problems: NotificationsError[] = []
  client.on('problem', (problem) => {
    problems.push(problem)
    // Only a suspended client can be told to try again: the problem comes after.
    if (problems.length > 1) return
    server.greet = (confirm) => confirm()
    client.connect()
  })
  await statusIs(client, 'connected')
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatchObject({ code: 'unauthenticated', errors: ["L'authentification a échoué"] })
})

test('[CL1] a disconnect without a word is told as such', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  const problem = new Promise<NotificationsError>((resolve) => client.on('problem', resolve))
  for (const socket of server.sockets()) socket.disconnect()
  expect((await problem).code).toBe('disconnected')
  expect(client.status).toBe('suspended')
})

test('[CL1] last words that no end follows are told after a while', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  const problem = new Promise<NotificationsError>((resolve) => client.on('problem', resolve))
  for (const socket of server.sockets())
    socket.emit('error-message', { errors: ['Maintenance à midi'], code: 'closing', event: null })
  expect(await problem).toMatchObject({ code: 'closing', errors: ['Maintenance à midi'] })
  expect(client.status).toBe('connected')
})

test('[CL1] a middleware that refuses suspends it until connect()', async () => {
  const server = await fakeServer()
  let isOpen = false
  server.io.use((_socket, next) => (isOpen ? next() : next(new Error('not today'))))
  const client = clientOf(server.url)
  const problem = new Promise<NotificationsError>((resolve) => client.on('problem', resolve))
  expect(await problem).toMatchObject({ code: 'connection-refused', errors: ['not today'] })
  expect(client.status).toBe('suspended')
  isOpen = true
  client.connect()
  await statusIs(client, 'connected')
})

test('[CL1] autoConnect: false waits for connect()', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url, { autoConnect: false })
  expect(client.status).toBe('suspended')
  client.connect()
  client.connect()
  await statusIs(client, 'connected')
  expect(server.sockets()).toHaveLength(1)
})

test('[CL1] close() is final, twice is harmless, and nothing stays connected', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const subscription = await client.joinChannel('devops')
  server.script = () => undefined
  const waiting = rejectionOf(client.stats())
  await until(() => server.argsOf('get-stats').length > 0, 'the request')
  const reasons: string[] = []
  subscription.on('left', (reason) => reasons.push(reason))
  client.close()
  client.close()
  client.connect()
  expect(client.status).toBe('closed')
  expect([subscription.state, subscription.reason, reasons]).toEqual(['left', 'closed', ['closed']])
  expect(await waiting).toMatchObject({ code: 'closed', outcome: 'unknown' })
  expect(await rejectionOf(client.joinChannel('devops'))).toMatchObject({ code: 'closed', outcome: 'unsent' })
  expect(await rejectionOf(client.leaveChannel('devops'))).toMatchObject({ code: 'closed' })
  const late = await rejectionOf(client.sendNotification({ title: 'a', message: 'b' }))
  expect(isNotificationsError(late) && late.code).toBe('closed')
  await until(() => server.sockets().length === 0, 'the connection to end')
})

test('[CL1] an option that is not what it should be is refused by name', () => {
  expect(() => clientOf('http://127.0.0.1:1', { timeoutMs: 0, autoConnect: false })).toThrow(/"timeoutMs"/)
  expect(() => clientOf('http://127.0.0.1:1', { maxWaiting: -1, autoConnect: false })).toThrow(/"maxWaiting"/)
})
