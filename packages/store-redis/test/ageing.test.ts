import type { CursorMove, Head, NotificationStore } from '@carillon/store'
import { onUnhandled } from '@carillon/testkit'
import {
  canUse,
  isRedisFound,
  REDIS_COMMAND,
  type RedisCluster,
  type RedisServer,
  startRedisCluster,
} from '@carillon/testkit/servers'
import { Cluster, type Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { redisStore } from '../src/index.ts'
import { createNames, scopeOf, streamIdOf, subscriberField, userOf } from '../src/names.ts'
import { channel, entryOf, STREAM } from './entries.ts'
import { createStage, type Stage } from './stage.ts'

const names = createNames('carillon', '')
const [META, , , CURSORS] = names.keysOf(streamIdOf(STREAM))
const DAY_MS = 24 * 3600 * 1000
const alice = { user: 'alice', device: null }
const phone = { user: 'alice', device: 'phone' }
const bob = { user: 'bob', device: null }
const listOf = (user: string): string => names.cursorsOfUser('/', user)

describe.skipIf(!canUse('redis-server', isRedisFound(), REDIS_COMMAND))('cursors that age', () => {
  let stage: Stage
  let server: RedisServer
  let redis: Redis
  let guard: ReturnType<typeof onUnhandled>
  beforeEach(async () => {
    guard = onUnhandled()
    stage = createStage()
    server = await stage.start()
    redis = stage.client(server.url)
  })
  afterEach(async () => {
    await stage.close()
    await guard.check()
  })

  const open = (maxAwayDays = 100): NotificationStore =>
    stage.open({ url: server.url, maxAwayMs: maxAwayDays * DAY_MS })

  it('[RD44] who did not move and did not ask is forgotten, in the list too; who did either stays', async () => {
    const store = open()
    const at = await filled(store)
    await move(store, [alice, phone, bob], at)
    expect(await valueIn(alice)).toBe(`1 ${at.epoch} ${await today()}`)
    for (const subscriber of [alice, phone, bob]) await used(subscriber, 100)
    await prune(store)
    expect(await subscribers()).toHaveLength(3)
    for (const subscriber of [alice, phone, bob]) await used(subscriber, 101)
    await ask(store, phone)
    await move(store, [bob], at)
    await prune(store)
    expect(await subscribers()).toEqual([phone, bob].map(subscriberField).sort())
    expect(await redis.smembers(listOf('alice'))).toEqual([`${streamIdOf(STREAM)} ${subscriberField(phone)}`])
    expect(await redis.scard(listOf('bob'))).toBe(1)
    expect(await ask(store, alice)).toBeNull()
    expect(await ask(store, phone)).toEqual(at)
  })

  it('[RD44] a question is noted once a day', async () => {
    const store = open()
    const at = await filled(store)
    await move(store, [alice], at)
    const writes = (): Promise<number> => callsOf('hset')
    const before = await writes()
    for (let times = 0; times < 5; times++) expect(await ask(store, alice)).toEqual(at)
    expect(await writes()).toBe(before)
    await used(alice, 1)
    const yesterday = await writes()
    for (let times = 0; times < 5; times++) expect(await ask(store, alice)).toEqual(at)
    expect(await writes()).toBe(yesterday + 1)
    expect(await valueIn(alice)).toBe(`1 ${at.epoch} ${await today()}`)
  })

  it('[RD44] a cursor without a day, of an older release, is read and moved, and counts from the first walk', async () => {
    const store = open()
    const at = await filled(store, 3)
    await move(store, [alice, bob], { ...at, offset: 1 })
    const old = `2 ${at.epoch}`
    for (const subscriber of [alice, bob]) await redis.hset(CURSORS, subscriberField(subscriber), old)
    await prune(store)
    expect(await valueIn(alice)).toBe(`${old} ${await today()}`)
    await redis.hset(CURSORS, subscriberField(alice), old)
    expect(await ask(store, alice)).toEqual({ ...at, offset: 2 })
    await redis.hset(CURSORS, subscriberField(alice), old)
    await move(store, [alice], { ...at, offset: 1 })
    expect(await ask(store, alice)).toEqual({ ...at, offset: 2 })
    await redis.hset(CURSORS, subscriberField(alice), old)
    await move(store, [alice], at)
    expect(await ask(store, alice)).toEqual(at)
  })

  it('[RD45] a walk goes in steps, once a day, and goes on where it was', async () => {
    const store = open()
    const at = await filled(store)
    const crowd = Array.from({ length: 3_000 }, (_, index) => ({ user: `user${index}`, device: null }))
    await move(store, [...crowd, alice], at)
    const old = crowd.flatMap((one) => [subscriberField(one), `1 ${at.epoch} 1`])
    await redis.hset(CURSORS, ...old)
    const steps = await callsOf('hscan')
    await prune(store)
    expect(await callsOf('hscan')).toBeGreaterThanOrEqual(steps + 6)
    expect(await subscribers()).toEqual([subscriberField(alice)])
    expect(await redis.exists(...crowd.map(({ user }) => listOf(user)))).toBe(0)
    expect(await redis.hexists(META, 'w')).toBe(0)
    const done = await callsOf('hscan')
    await due()
    await store.prune()
    expect(await callsOf('hscan')).toBe(done)
    // A walk that was interrupted is not begun anew.
    await redis.hset(META, 'w', '0')
    await due()
    await store.prune()
    expect(await callsOf('hscan')).toBe(done + 1)
  })

  it('[RD45] a stream without items is visited as long as somebody has a cursor on it', async () => {
    const store = open()
    const [head] = await store.heads([STREAM])
    const question = { subscriber: alice, stream: STREAM, start: head ?? null }
    expect(await redis.exists(names.registry)).toBe(0)
    await store.cursors([question])
    expect(await redis.zrange(names.registry, '0', '-1')).toEqual([streamIdOf(STREAM)])
    await prune(store)
    const visit = Number(await redis.zscore(names.registry, streamIdOf(STREAM)))
    expect(visit).toBeGreaterThan(Date.now() + DAY_MS / 2)
    await used(alice, 101)
    await prune(store)
    expect(await subscribers()).toEqual([])
    await prune(store)
    expect(await redis.exists(names.registry, listOf('alice'))).toBe(0)
    await store.cursors([question])
    expect(await redis.zcard(names.registry)).toBe(1)
    // So is one that was cleared, and one whose items have all gone.
    await store.append([entryOf(STREAM, { ttlMs: 1 })])
    await store.clear(STREAM)
    await prune(store)
    expect(await redis.zcard(names.registry)).toBe(1)
  })

  it('[RD46] who comes back at the very moment keeps the cursor and the place in the list', async () => {
    const other = open()
    const at = await filled(other)
    await move(other, [alice, phone], at)
    for (const subscriber of [alice, phone]) await used(subscriber, 200)
    const client = stage.client(server.url)
    const call = client.call.bind(client)
    let returned = 0
    vi.spyOn(client, 'call').mockImplementation(async (command: string, ...args: unknown[]) => {
      // The walk has found both; now one of them asks.
      if (command === 'SREM') returned += (await ask(other, phone)) === null ? 0 : 1
      return call(command, ...args.map(String))
    })
    const store = stage.add(stage.open({ client, maxAwayMs: 100 * DAY_MS }))
    await prune(store)
    expect(returned).toBe(1)
    expect(await subscribers()).toEqual([subscriberField(phone)])
    expect(await redis.smembers(listOf('alice'))).toEqual([`${streamIdOf(STREAM)} ${subscriberField(phone)}`])
    await other.forget('/', 'alice')
    expect(await subscribers()).toEqual([])
  })

  async function filled(store: NotificationStore, count = 1): Promise<Head> {
    await store.append(Array.from({ length: count }, () => entryOf()))
    const [head] = await store.heads([STREAM])
    if (head === undefined) throw new Error('no head')
    return head
  }

  type Someone = typeof alice | typeof phone

  const move = (store: NotificationStore, whom: readonly Someone[], to: Head): Promise<void> =>
    store.moveCursors(whom.map((subscriber): CursorMove => ({ subscriber, stream: STREAM, to })))

  async function ask(store: NotificationStore, subscriber: Someone): Promise<Head | null | undefined> {
    return (await store.cursors([{ subscriber, stream: STREAM, start: null }]))[0]
  }

  const subscribers = async (): Promise<string[]> => (await redis.hkeys(CURSORS)).sort()
  const valueIn = (subscriber: Someone): Promise<string | null> =>
    redis.hget(CURSORS, subscriberField(subscriber))

  async function today(): Promise<number> {
    return Math.floor((Number((await redis.time())[0]) * 1000) / DAY_MS)
  }

  /** As if the last use had been so many days ago. */
  async function used(subscriber: Someone, daysAgo: number): Promise<void> {
    const [offset, epoch] = (await valueIn(subscriber))?.split(' ') ?? []
    await redis.hset(CURSORS, subscriberField(subscriber), `${offset} ${epoch} ${(await today()) - daysAgo}`)
  }

  /** As if the day were over. */
  async function due(): Promise<void> {
    await redis.zadd(names.registry, 1, streamIdOf(STREAM))
  }

  /** On the first visit of a day. */
  async function prune(store: NotificationStore): Promise<void> {
    await redis.hdel(META, 'y')
    await due()
    await store.prune()
  }

  async function callsOf(command: string): Promise<number> {
    const line = (await redis.info('commandstats')).split('\r\n').find((one) => one.includes(`_${command}:`))
    return Number(/calls=(\d+)/.exec(line ?? '')?.[1] ?? 0)
  }
})

describe.skipIf(!canUse('redis-server', isRedisFound(), REDIS_COMMAND))('in a cluster', () => {
  let cluster: RedisCluster
  let client: Cluster
  beforeEach(async () => {
    cluster = await startRedisCluster()
    client = new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })))
  }, 30_000)
  afterEach(async () => {
    client.disconnect()
    await cluster.close()
  })

  it('[RD48] cursors on streams of every node age, and leave the lists on other nodes', async () => {
    const store = redisStore({ client, maxAwayMs: 100 * DAY_MS })
    const streams = Array.from({ length: 20 }, (_, at) => channel(`c${at}`))
    const heads = await store.heads(streams)
    const moves = [alice, bob].flatMap((subscriber) =>
      streams.map((stream, at): CursorMove => ({ subscriber, stream, to: heads[at] ?? null })),
    )
    await store.moveCursors(moves)
    for (const stream of streams) {
      const [meta, , , cursors] = names.keysOf(streamIdOf(stream))
      const value = (await client.hget(cursors, subscriberField(alice))) ?? ''
      await client.hset(cursors, subscriberField(alice), value.replace(/ \d+$/, ' 1'))
      await client.hdel(meta, 'y')
      await client.zadd(names.registry, 1, streamIdOf(stream))
    }
    await store.prune()
    expect(await client.exists(listOf('alice'))).toBe(0)
    expect(await client.scard(listOf('bob'))).toBe(streams.length)
    const known = (subscriber: typeof alice): Promise<readonly (Head | null)[]> =>
      store.cursors(streams.map((stream) => ({ subscriber, stream, start: null })))
    expect(await known(alice)).toEqual(streams.map(() => null))
    expect(await known(bob)).toEqual(heads)
    expect(await client.zcard(names.registry)).toBe(streams.length)
    await store.close()
  })
})

describe('names', () => {
  it('[RD47] the scope of a stream and the user of a field are found in them, whatever they are called', () => {
    const odd = ['', '/', '/a:b', '12:x', '🔔', '\ud800', 'é', '"', '{a}', '~']
    for (const scope of odd)
      for (const name of odd) {
        const kind = 'channel'
        expect(scopeOf(streamIdOf({ scope, kind, name }))).toBe(scope)
        for (const device of [null, ...odd])
          expect(userOf(subscriberField({ user: name, device }))).toBe(name)
      }
    expect(userOf('not ours')).toBe('')
  })
})
