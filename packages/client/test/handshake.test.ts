import { until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import type { NotificationsError } from '../src/index.ts'
import type { FakeServer } from './fake-server.ts'
import { clientOf, fakeServer, statusIs, titlesOf } from './kit.ts'

function handshakes(server: FakeServer): Record<string, unknown>[] {
  const seen: Record<string, unknown>[] = []
  server.greet = (confirm, socket) => {
    seen.push(socket.handshake.auth)
    confirm()
  }
  return seen
}

test('[CL2] the handshake keeps what the caller says and adds who we are and where we stand', async () => {
  const server = await fakeServer()
  const seen = handshakes(server)
  const client = clientOf(server.url, { auth: { user_id: 'alice', token: 't' } })
  const titles = titlesOf(client)
  await statusIs(client, 'connected')
  const item = server.append('b', 'one')
  await until(() => titles.length === 1, 'the notification')
  server.cut()
  await until(() => seen.length === 2, 'the second handshake')
  const { clientId } = client
  expect(clientId).toMatch(/^[\w-]{20,}$/)
  const since = {
    b: { epoch: item.epoch, offset: 1, id: item.id },
    u: { epoch: expect.any(String), offset: 0 },
  }
  expect(seen).toEqual([
    { user_id: 'alice', token: 't', notifications: { version: 2, clientId, since: {} } },
    { user_id: 'alice', token: 't', notifications: { version: 2, clientId, since } },
  ])
})

test.each([
  ['calls back', (done: (auth: object) => void) => done({ token: 't' })],
  [
    'calls back later, and returns a timer',
    (done: (auth: object) => void) => setTimeout(done, 1, { token: 't' }),
  ],
  ['returns an object', () => ({ token: 't' })],
  ['returns a promise', async () => ({ token: 't' })],
  ['calls back from a promise', async (done: (auth: object) => void) => done({ token: 't' })],
])('[CL2] auth may be a function that %s', async (_, auth) => {
  const server = await fakeServer()
  const seen = handshakes(server)
  const client = clientOf(server.url, { auth: auth as () => object })
  await statusIs(client, 'connected')
  expect(seen).toMatchObject([{ token: 't', notifications: { version: 2 } }])
})

test('[CL2] an auth function is asked at every connection', async () => {
  const server = await fakeServer()
  const seen = handshakes(server)
  let count = 0
  const client = clientOf(server.url, { auth: async () => ({ token: `t${++count}` }) })
  await statusIs(client, 'connected')
  server.cut()
  await until(() => seen.length === 2, 'the second handshake')
  expect(seen).toMatchObject([{ token: 't1' }, { token: 't2' }])
})

test('[CL2] two clients are told apart', async () => {
  const server = await fakeServer()
  const [one, two] = [clientOf(server.url), clientOf(server.url)]
  expect(one.clientId).not.toBe(two.clientId)
})

test.each([
  [
    'throws',
    () => {
      throw new Error('no token')
    },
  ],
  [
    'rejects',
    async () => {
      throw new Error('no token')
    },
  ],
])('[CL2] an auth function that %s suspends the client, and connect() asks again', async (_, fail) => {
  const server = await fakeServer()
  let isBroken = true
  const client = clientOf(server.url, { auth: () => (isBroken ? fail() : { token: 't' }) })
  const problem = await new Promise<NotificationsError>((resolve) => client.on('problem', resolve))
  expect(problem).toMatchObject({
    code: 'auth-failed',
    cause: expect.objectContaining({ message: 'no token' }),
  })
  expect(client.status).toBe('suspended')
  isBroken = false
  client.connect()
  await statusIs(client, 'connected')
})

test('[CL2] an answer for a connection that is gone does not go out on the next one', async () => {
  const server = await fakeServer()
  const seen = handshakes(server)
  const connections: { close(): unknown }[] = []
  server.io.engine.on('connection', (connection) => connections.push(connection))
  const waiting: ((auth: object) => void)[] = []
  const client = clientOf(server.url, { auth: (done: (auth: object) => void) => void waiting.push(done) })
  await until(() => waiting.length === 1, 'the first question')
  connections[0]?.close()
  await until(() => waiting.length === 2, 'the second question')
  waiting[0]?.({ token: 'old' })
  waiting[1]?.({ token: 'new' })
  waiting[1]?.({ token: 'twice' })
  await statusIs(client, 'connected')
  await client.stats()
  expect(seen.map(({ token }) => token)).toEqual(['new'])
})
