/*
 * How often somebody may do something, over sockets, users, addresses and nodes; and how long a hook holds them up.
 * Ids: G7, S08, S23, S44
 */
import { onUnhandled, until } from '@carillon/testkit'
import { canUse, isRedisFound, REDIS_COMMAND, startRedis } from '@carillon/testkit/servers'
import Redis from 'ioredis'
import { createClient } from 'redis'
import type { Server } from 'socket.io'
import { describe, expect, test } from 'vitest'
import type { NotificationsOptions } from '../../src/index.ts'
import { afterTest, as, note, raw, stage, stock } from './stage.ts'

const LONG = { windowMs: 60_000 }
const authenticate: NotificationsOptions['authenticate'] = ({ handshake }) => ({
  userId: handshake.auth.user_id,
})
const TOO_MANY = { ok: false, code: 'too-many-requests', retryable: true, retryAfterMs: expect.any(Number) }

test('[S23] a user has one budget over all connections, and others have their own', async () => {
  const { url } = await stage({ authenticate, rates: { ...LONG, sendsPerUser: 3, joinsPerUser: 2 } })
  const [one, two, other] = [stock(url, as('alice')), stock(url, as('alice')), stock(url, as('bob'))]
  for (const client of [one, two, one])
    expect(await client.ask('send-notification', note('a', 'a'))).toMatchObject({ ok: true })
  expect(await two.ask('send-notification', note('a', 'a'))).toMatchObject(TOO_MANY)
  for (const client of [one, two]) expect(await client.ask('join-channel', 'a')).toMatchObject({ ok: true })
  expect(await one.ask('join-channel', 'b')).toMatchObject(TOO_MANY)
  expect(await one.ask('get-stats')).toMatchObject({ ok: true })
  expect(await other.ask('send-notification', note('a', 'a'))).toMatchObject({ ok: true })
})

const TEAMS = { on: (io: Server) => io.of(/^\/team-\w+$/) }

test('[S23] of one name, users of two namespaces of a family have two budgets; an address has one', async () => {
  const { url } = await stage({ authenticate, rates: { ...LONG, sendsPerUser: 1 } }, TEAMS)
  const clients = ['team-a', 'team-b'].map((name) => stock(`${url}/${name}`, as('alice')))
  for (const client of clients)
    expect(await client.ask('send-notification', note('a', 'a'))).toMatchObject({ ok: true })
  expect(await clients[0]?.ask('send-notification', note('a', 'a'))).toMatchObject(TOO_MANY)
  const counted = await stage({ rates: { ...LONG, sendsPerAddress: 1 }, address: () => 'here' }, TEAMS)
  const [one, other] = ['team-a', 'team-b'].map((name) => stock(`${counted.url}/${name}`))
  expect(await one?.ask('send-notification', note('a', 'a'))).toMatchObject({ ok: true })
  expect(await other?.ask('send-notification', note('a', 'a'))).toMatchObject(TOO_MANY)
})

test.each([{}, { eval: () => undefined }])(
  '[S23] what is no client of Redis is named at the start',
  async (redis) => {
    await expect(stage({ rates: { redis } })).rejects.toThrow('"rates.redis" must be a client of Redis')
  },
)

test('[S23] nobody uses up the budget of a user whose name they only claim', async () => {
  const { url } = await stage({ rates: { ...LONG, sendsPerUser: 1 } })
  const thief = stock(url, as('alice'))
  for (let n = 0; n < 5; n++)
    expect(await thief.ask('send-notification', note('a', 'a'))).toMatchObject({ ok: true })
})

test('[S08] an address has one budget; without a word of the host those of the own network have none', async () => {
  const rates = { ...LONG, sendsPerAddress: 2, connectionsPerAddress: 3 }
  const open = await stage({ rates })
  for (let n = 0; n < 5; n++) {
    const client = stock(open.url)
    expect(await client.ask('send-notification', note('a', 'a'))).toMatchObject({ ok: true })
  }
  const counted = await stage({ rates, address: ({ handshake }) => handshake.address })
  const clients = [stock(counted.url), stock(counted.url), stock(counted.url)]
  for (const client of clients) await client.next('connection-confirmed')
  expect(await clients[0]?.ask('send-notification', note('a', 'a'))).toMatchObject({ ok: true })
  expect(await clients[1]?.ask('send-notification', note('a', 'a'))).toMatchObject({ ok: true })
  expect(await clients[2]?.ask('send-notification', note('a', 'a'))).toMatchObject(TOO_MANY)
  const late = stock(counted.url, { reconnection: false })
  expect(await late.next('error-message')).toMatchObject({
    code: 'too-many-requests',
    event: null,
    retryAfterMs: expect.any(Number),
  })
  expect(await late.next('disconnect')).not.toBe('io server disconnect')
})

test('[G7] an address that cannot be told counts nowhere, and harms nobody', async () => {
  const address = () => {
    throw new Error('no address')
  }
  const { url, problems } = await stage({ address })
  expect(await stock(url).ask('send-notification', note('a', 'a'))).toMatchObject({ ok: true })
  expect(problems.map(({ code }) => code)).toContain('HOOK_FAILED')
})

test('[S23] sustained abuse is cut off, and the honest are served', async () => {
  const guard = onUnhandled()
  const { url, io } = await stage({ rates: { ...LONG, requestsPerSocket: 50 } })
  const honest = stock(url, as('alice'))
  await honest.next('connection-confirmed')
  const flood = raw(url, as('mallory'))
  await flood.next('connection-confirmed')
  for (let n = 0; n < 200; n++) flood.sendFrame('42["get-channels"]')
  await flood.closed
  expect(await honest.ask('send-notification', note(null, 'a'))).toMatchObject({ ok: true })
  await until(() => io.of('/').sockets.size === 1, 'only the honest one is left')
  await guard.check()
})

test('[S44] renewals are no way to keep the hooks busy: a connection has a few in a while', async () => {
  let asked = 0
  const { url } = await stage({
    authenticate,
    rates: { ...LONG, renewalsPerSocket: 2 },
    authorize: () => {
      asked += 1
      return true
    },
  })
  const mallory = stock(url, as('mallory'))
  for (const channel of ['a', 'b']) await mallory.ask('join-channel', channel)
  asked = 0
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => mallory.ask('refresh-auth', { user_id: 'mallory' })),
  )
  expect(answers).toMatchObject([{ ok: true }, { ok: true }, TOO_MANY, TOO_MANY])
  expect(asked).toBe(4)
  // Everything else goes on.
  expect(await mallory.ask('join-channel', 'c')).toMatchObject({ ok: true })
})

test('[S44] nor are lists, for which visible is asked about all channels', async () => {
  let asked = 0
  const { url } = await stage({
    rates: { ...LONG, listsPerSocket: 2 },
    visible: (_, names) => {
      asked += 1
      return names
    },
  })
  const mallory = stock(url)
  const answers = await Promise.all(Array.from({ length: 4 }, () => mallory.ask('get-channels')))
  expect(answers).toMatchObject([{ ok: true }, { ok: true }, TOO_MANY, TOO_MANY])
  expect(asked).toBe(2)
  expect(await mallory.ask('get-stats')).toMatchObject({ ok: true })
})

test.each([
  ['sends', { sendsPerSocket: 5 }, ['send-notification', note('a', 'a')]],
  ['joins', { joinsPerSocket: 5 }, ['join-channel', 'a']],
] as const)('[P-RATE] who goes on after twice as many %s is cut off', async (_, bounds, [event, payload]) => {
  const { url } = await stage({ rates: { ...LONG, ...bounds } })
  const client = stock(url, { reconnection: false })
  await client.next('connection-confirmed')
  for (let n = 0; n < 10; n++) client.emit(event, payload)
  // Still there.
  expect(await client.ask('get-stats')).toMatchObject({ ok: true })
  client.emit(event, payload)
  await client.next('error-message', ({ event: about }) => about === null)
  await client.next('disconnect')
})

test('[G9] close() leaves no timer of what was counted', async () => {
  const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const played = await stage({ authenticate, rates: LONG, address: () => 'somewhere' })
  const client = stock(played.url, as('alice'))
  await client.ask('send-notification', note('a', 'a'))
  client.close()
  await played.notifications.close()
  await played.server.close()
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  await until(() => timers() <= before, 'no timer is left')
})

test('[S44] one socket has a few hooks under way; more wait, and whoever else asks does not', async () => {
  const held: (() => void)[] = []
  const { url } = await stage({
    limits: { hooksPerSocket: 2, hookTimeoutMs: 60_000 },
    validate: ({ user }) =>
      user.userId === 'mallory' ? new Promise((resolve) => held.push(() => resolve(undefined))) : undefined,
  })
  const mallory = stock(url, as('mallory'))
  // Each to another channel: those to one channel wait for each other anyway.
  const asked = Array.from({ length: 10 }, (_, n) => mallory.ask('send-notification', note(`c${n}`, 'a')))
  await mallory.settle()
  expect(held).toHaveLength(2)
  expect(await stock(url, as('bob')).ask('send-notification', note('a', 'a'))).toMatchObject({ ok: true })
  for (let n = 0; n < 10; n++) {
    await until(() => held.length > n, 'the next one is asked')
    expect(held.length).toBeLessThanOrEqual(n + 2)
    held[n]?.()
  }
  for (const answer of await Promise.all(asked)) expect(answer).toMatchObject({ ok: true })
})

test('[S44] a hook that never answers is given up, and what waited for it as well', async () => {
  const { url } = await stage({
    limits: { hooksPerSocket: 1, hookTimeoutMs: 60 },
    authorize: () => new Promise<boolean>(() => undefined),
  })
  const client = stock(url, as('mallory'))
  const answers = Array.from({ length: 20 }, (_, n) => client.ask('join-channel', `c${n}`))
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ code: 'hook-failed' })
})

describe.skipIf(!canUse('redis-server', isRedisFound(), REDIS_COMMAND))('over nodes', () => {
  test.each(['ioredis', 'redis'])('[S23] with %s a user has one budget on all of them', async (kind) => {
    const server = await startRedis()
    afterTest(server.close)
    const redis = await connected(kind, server.socket)
    const rates = { ...LONG, sendsPerUser: 2, redis }
    const [a, b] = [await stage({ authenticate, rates }), await stage({ authenticate, rates })]
    const [one, two] = [stock(a.url, as('alice')), stock(b.url, as('alice'))]
    expect(await one.ask('send-notification', note('a', 'a'))).toMatchObject({ ok: true })
    expect(await two.ask('send-notification', note('a', 'a'))).toMatchObject({ ok: true })
    expect(await one.ask('send-notification', note('a', 'a'))).toMatchObject(TOO_MANY)
    await server.close()
    // Without Redis each node counts by itself: nobody is shut out.
    expect(await two.ask('send-notification', note('a', 'a'))).toMatchObject({ ok: true })
    expect(a.problems).toEqual([])
    expect(b.problems.map(({ code }) => code)).toEqual(['RATES_FAILED'])
  })

  test('[G7] the host is told once that Redis is away, and once that it is back', async () => {
    const server = await startRedis()
    afterTest(server.close)
    const redis = new Redis(server.socket, { retryStrategy: null })
    redis.on('error', () => undefined)
    afterTest(() => redis.disconnect())
    await until(() => redis.status === 'ready', 'Redis is there')
    const told: string[] = []
    const tell = (line: string): void => void (line.includes('Redis') && told.push(line))
    const log = { info: tell, warn: tell, error: tell }
    const { url, problems } = await stage({ authenticate, rates: { redis }, log })
    const alice = stock(url, as('alice'))
    const send = async () =>
      expect(await alice.ask('send-notification', note('a', 'a'))).toMatchObject({ ok: true })
    await send()
    redis.disconnect()
    await until(() => redis.status === 'end', 'Redis is away')
    await Promise.all([send(), send()])
    await redis.connect()
    await Promise.all([send(), send()])
    expect(problems.map(({ code }) => code)).toEqual(['RATES_FAILED'])
    expect(told).toEqual([
      'Redis does not count what users and addresses do: each node counts by itself',
      'Redis counts again what users and addresses do',
    ])
  })

  test('[S23] a family has one count on all nodes, whatever other families a node has made before', async () => {
    const server = await startRedis()
    afterTest(server.close)
    const redis = await connected('ioredis', server.socket)
    const options = { rates: { ...LONG, sendsPerUser: 1, sendsPerAddress: 2, redis }, address: () => 'here' }
    const a = await stage({ ...options, authenticate }, TEAMS)
    const late = (io: Server) => {
      io.of(/^\/other$/)
      return TEAMS.on(io)
    }
    const b = await stage({ ...options, authenticate }, { on: late })
    const ask = (url: string, user: string) =>
      stock(`${url}/team-a`, as(user)).ask('send-notification', note('a', 'a'))
    expect(await ask(a.url, 'alice')).toMatchObject({ ok: true })
    expect(await ask(b.url, 'alice')).toMatchObject(TOO_MANY)
    expect(await ask(b.url, 'bob')).toMatchObject({ ok: true })
    expect(await ask(b.url, 'carol')).toMatchObject(TOO_MANY)
  })

  test('[G7] one that is there and says nothing holds nobody up for long', async () => {
    const server = await startRedis()
    afterTest(server.close)
    const redis = await connected('ioredis', server.socket)
    const { url, notifications } = await stage({ authenticate, rates: { redis }, address: () => 'here' })
    const alice = stock(url, as('alice'))
    expect(await alice.ask('send-notification', note('a', 'a'))).toMatchObject({ ok: true })
    server.freeze()
    afterTest(server.thaw)
    expect(await alice.ask('send-notification', note('a', 'b'))).toMatchObject({ ok: true })
    const began = performance.now()
    for (let n = 0; n < 10; n++)
      expect(await alice.ask('send-notification', note('a', 'c'))).toMatchObject({ ok: true })
    await stock(url, as('bob')).next('connection-confirmed')
    // Once is enough to find out.
    expect(performance.now() - began).toBeLessThan(1_000)
    await notifications.close()
  })
})

async function connected(kind: string, path: string): Promise<object> {
  if (kind === 'ioredis') {
    const client = new Redis(path, { enableOfflineQueue: false, retryStrategy: null })
    client.on('error', () => undefined)
    await until(() => client.status === 'ready', 'Redis is there')
    afterTest(() => client.disconnect())
    return client
  }
  const client = createClient({
    socket: { path, tls: false, reconnectStrategy: false },
    disableOfflineQueue: true,
  })
  client.on('error', () => undefined)
  await client.connect()
  afterTest(() => client.isOpen && client.destroy())
  return client
}
