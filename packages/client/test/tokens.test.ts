import type { NotificationsOptions } from '@carillon/server'
import { until } from '@carillon/testkit'
import { io, type Socket } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import type { NotificationsClient } from '../src/index.ts'
import { clientOf, rejectionOf, statusIs } from './kit.ts'
import { type RealServer, realServer } from './real-server.ts'

/** Tokens `<user>.<id>`, of which some live for a while and some are over. */
function issuer() {
  const lives = new Map<string, number>()
  const seen: string[] = []
  let isDown = false
  const authenticate: NotificationsOptions['authenticate'] = (_, auth) => {
    const token = String(auth.token)
    seen.push(token)
    if (isDown) throw new Error('the issuer is away')
    const expiresAt = lives.get(token)
    if (expiresAt === undefined) return null
    return expiresAt > Date.now() ? { userId: token.split('.')[0] ?? '', expiresAt } : 'expired'
  }
  let count = 0
  return {
    authenticate,
    seen,
    issue(user: string, ms: number): string {
      const token = `${user}.${++count}`
      lives.set(token, Date.now() + ms)
      return token
    },
    setDown: (down: boolean) => {
      isDown = down
    },
  }
}

function idOf(server: RealServer): string | undefined {
  return [...server.io.sockets.sockets.keys()][0]
}

function heardOf(client: NotificationsClient): unknown[] {
  const heard: unknown[] = []
  client.on('status', (status) => heard.push(status))
  client.on('problem', ({ code }) => heard.push(code))
  return heard
}

test('[CL15] a token is renewed on the living connection, again and again', async () => {
  const { authenticate, seen, issue } = issuer()
  const server = await realServer({ authenticate })
  const client = clientOf(server.url, { auth: async () => ({ token: issue('alice', 2_000) }) })
  await statusIs(client, 'connected')
  const id = idOf(server)
  const heard = heardOf(client)
  await until(() => seen.length === 4, 'three renewals, and more time than a token lives', 10_000)
  await client.stats()
  expect([client.userId, idOf(server), heard]).toEqual(['alice', id, []])
})

test('[CL15] [CL1] whose token has ended comes back with a fresh one, and misses nothing', async () => {
  const { authenticate, issue } = issuer()
  const server = await realServer({ authenticate })
  let asked = 0
  // The second time, which is the renewal, brings one that is over.
  const auth = async () => ({ token: issue('alice', ++asked === 2 ? -1 : asked === 1 ? 1_000 : 60_000) })
  const client = clientOf(server.url, { auth })
  const devops = await client.joinChannel('devops')
  const titles: string[] = []
  devops.on('notification', ({ title }) => titles.push(title))
  const heard = heardOf(client)
  await statusIs(client, 'reconnecting')
  await server.notifications.send({ channel: 'devops', title: 'missed', message: 'm' })
  await until(() => titles.length === 1, 'what was missed')
  expect(heard).toEqual(['token-expired', 'reconnecting', 'token-expired', 'connected'])
  expect(devops.recovered).toBe(true)
})

test('[CL15] refreshAuth() renews, and what refuses it leaves everything as it was', async () => {
  const { authenticate, issue, setDown } = issuer()
  const server = await realServer({ authenticate })
  const client = clientOf(server.url, { auth: { token: issue('alice', 60_000) } })
  await statusIs(client, 'connected')
  const refreshed = await client.refreshAuth({ token: issue('alice', 120_000) })
  expect(refreshed.userId).toBe('alice')
  expect(refreshed.authExpiresInMs).toBeGreaterThan(100_000)
  const refusals: [{ token: string }, string][] = [
    [{ token: issue('bob', 60_000) }, 'unauthenticated'],
    [{ token: 'nobody.0' }, 'unauthenticated'],
    [{ token: issue('alice', -1) }, 'token-expired'],
  ]
  for (const [auth, code] of refusals) {
    expect(await rejectionOf(client.refreshAuth(auth))).toMatchObject({ code, outcome: 'refused' })
  }
  setDown(true)
  expect(await rejectionOf(client.refreshAuth({ token: 't' }))).toMatchObject({
    code: 'hook-failed',
    retryable: true,
  })
  expect([client.status, client.userId]).toEqual(['connected', 'alice'])
})

test('[CL1] a server that cannot tell for the moment who somebody is finds them back by themselves', async () => {
  const { authenticate, issue, setDown, seen } = issuer()
  const server = await realServer({ authenticate })
  setDown(true)
  const client = clientOf(server.url, { auth: { token: issue('alice', 60_000) } })
  const heard = heardOf(client)
  await until(() => seen.length === 2, 'a second attempt')
  setDown(false)
  await statusIs(client, 'connected')
  expect(new Set(heard)).toEqual(new Set(['hook-failed', 'connected']))
})

test('[CL1] [S31] whom the host disconnects stays away until connect()', async () => {
  const { authenticate, issue } = issuer()
  const server = await realServer({ authenticate })
  const client = clientOf(server.url, { auth: () => ({ token: issue('alice', 60_000) }) })
  await statusIs(client, 'connected')
  const heard = heardOf(client)
  await server.notifications.disconnectUser('alice')
  await statusIs(client, 'suspended')
  expect(heard).toEqual(['suspended', 'disconnected'])
  client.connect()
  await statusIs(client, 'connected')
})

test('[CL5] [S31] a revocation ends the subscription, and a later join begins anew', async () => {
  let mayJoin = true
  const server = await realServer({ authorize: ({ action }) => action !== 'join' || mayJoin })
  const client = clientOf(server.url, { auth: { user_id: 'alice' } })
  const devops = await client.joinChannel('devops')
  const titles: string[] = []
  client.on('notification', ({ title }) => titles.push(title))
  await server.notifications.send({ channel: 'devops', title: 'before', message: 'm' })
  await until(() => titles.length === 1, 'the first')
  mayJoin = false
  await server.notifications.revoke('alice', 'devops')
  await until(() => devops.reason === 'revoked', 'the end')
  await server.notifications.send({ channel: 'devops', title: 'not for Alice', message: 'm' })
  server.cut()
  await statusIs(client, 'reconnecting')
  await statusIs(client, 'connected')
  expect(await rejectionOf(client.joinChannel('devops'))).toMatchObject({ code: 'not-allowed' })
  mayJoin = true
  const again = await client.joinChannel('devops')
  await server.notifications.send({ channel: 'devops', title: 'after', message: 'm' })
  await until(() => titles.length === 2, 'the last')
  expect([again.recovered, titles]).toEqual([null, ['before', 'after']])
})

/** What the server itself says of a notification. */
async function verdictOf(socket: Socket, notification: object): Promise<unknown> {
  const answer = await socket.timeout(5_000).emitWithAck('send-notification', notification)
  return answer.ok ? 'ok' : answer.details
}

test('[CL16] what a host has narrowed is refused by the client in the words of the server', async () => {
  const limits = {
    titleLength: 5,
    messageLength: 6,
    dataBytes: 100,
    dataDepth: 2,
    dataKeys: 3,
    ttlSeconds: 60,
  }
  const server = await realServer({ limits: { ...limits, channelNameBytes: 8 } })
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  const stock = io(server.url, { forceNew: true, transports: ['websocket'] })
  onTestFinished(() => void stock.disconnect())
  const note = { title: 'title', message: 'fitted' }
  const cases: object[] = [
    { title: 'longer' },
    { message: 'too long' },
    { channel: 'long-name' },
    { data: { text: 'x'.repeat(100) } },
    { data: { a: { b: {} } } },
    { data: { a: 1, b: 2, c: 3, d: 4 } },
    { ttl: 61 },
    { title: 'longer', data: { a: { b: {} } }, ttl: 61 },
  ]
  for (const fields of cases) {
    const input = { ...note, ...fields }
    const error = await rejectionOf(client.sendNotification(input))
    expect(error).toMatchObject({ outcome: 'unsent', details: await verdictOf(stock, input) })
  }
  const most = { ...note, channel: 'just-fit', data: { a: { b: 2 } }, ttl: 60 }
  await client.sendNotification(most)
  expect(await verdictOf(stock, most)).toBe('ok')
})
