import { onUnhandled, until } from '@carillon/testkit'
import { canUse, isRedisFound, REDIS_COMMAND, type RedisServer } from '@carillon/testkit/servers'
import type { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createNames, streamIdOf } from '../src/names.ts'
import { STREAM_GRACE_MS } from '../src/scripts/script.ts'
import { channel, entriesOf, entryOf, ROOMY, STREAM } from './entries.ts'
import { createStage, type Stage } from './stage.ts'

const names = createNames('carillon', '')
const [META, ITEMS, KEYS, CURSORS, EXPIRIES] = names.keysOf(streamIdOf(STREAM))
const DAY_MS = 24 * 3600 * 1000

describe.skipIf(!canUse('redis-server', isRedisFound(), REDIS_COMMAND))('retention', () => {
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

  const sizes = async (): Promise<number[]> => [
    await redis.xlen(ITEMS),
    await redis.hlen(KEYS),
    await redis.zcard(EXPIRIES),
  ]

  it('[RD30] a stream keeps exactly its newest items, and the keys of no others', async () => {
    const store = stage.open({ url: server.url, maxItemsPerStream: 7 })
    const first = entryOf(STREAM, { ttlMs: DAY_MS })
    await store.append([first, ...entriesOf(3, STREAM, { ttlMs: DAY_MS })])
    for (const count of [1, 2, 20, 3]) await store.append(entriesOf(count))
    expect(await sizes()).toEqual([7, 7, 0])
    const page = await store.read(STREAM, { after: 0, ...ROOMY })
    expect(page).toMatchObject({ base: 23, head: 30, coveredTo: 30 })
    expect(page.items.map(({ offset }) => offset)).toEqual([24, 25, 26, 27, 28, 29, 30])
    // The window of a key is the life of its item.
    expect(await store.append([first])).toMatchObject([{ offset: 31, duplicate: false }])
  })

  it('[RD31] what is too old goes in steps, and appends go on meanwhile', async () => {
    const store = stage.open({ url: server.url, maxAgeMs: 60_000 })
    const streams = ['a', 'b', 'c'].map(channel)
    await store.append(streams.flatMap((stream) => entriesOf(1_200, stream)))
    const strict = stage.open({ url: server.url, maxAgeMs: 1 })
    await due(streams.map(streamIdOf))
    const slow: number[] = []
    let isOver = false
    const load = (async () => {
      while (!isOver) {
        const before = performance.now()
        await store.append([entryOf(channel('busy'))])
        slow.push(performance.now() - before)
      }
    })()
    expect(await strict.prune()).toBe(3_600)
    isOver = true
    await load
    expect(slow.length).toBeGreaterThan(0)
    for (const stream of streams)
      expect(await store.read(stream, { after: 0, ...ROOMY })).toMatchObject({
        base: 1_200,
        head: 1_200,
        items: [],
      })
    // Nothing is left to be visited but the stream that still holds something.
    expect(await registered()).toEqual([streamIdOf(channel('busy'))])
    expect(await store.append([entryOf(streams[0])])).toMatchObject([{ offset: 1_201 }])
    expect(await redis.zcard(names.registry)).toBe(2)
  })

  it('[RD32] a bound that was lowered takes effect without one giant step', async () => {
    const store = stage.open({ url: server.url })
    await store.append(entriesOf(1_500))
    const strict = stage.open({ url: server.url, maxItemsPerStream: 10 })
    await strict.append([entryOf()])
    const [afterAppend] = await sizes()
    expect(afterAppend).toBe(1_000)
    await due([streamIdOf(STREAM)])
    expect(await strict.prune()).toBe(990)
    expect(await sizes()).toEqual([10, 10, 0])
    expect(await store.read(STREAM, { after: 0, ...ROOMY })).toMatchObject({ base: 1_491, head: 1_501 })
  })

  it('[RD33] of what expired nothing is left after a prune, nor was it trimmed', async () => {
    const store = stage.open({ url: server.url })
    await store.append(entriesOf(3))
    await store.append(entriesOf(1_100, STREAM, { ttlMs: 1 }))
    await store.append(entriesOf(2))
    let dropped = 0
    await until(async () => {
      dropped += await store.prune()
      return dropped === 1_100
    }, 'all that expired is dropped')
    expect(await sizes()).toEqual([5, 5, 0])
    expect(await store.read(STREAM, { after: 0, ...ROOMY })).toMatchObject({
      base: 0,
      head: 1_105,
      coveredTo: 1_105,
    })
  })

  it('[RD34] a stream is visited when its first item expires, and once a day at least', async () => {
    const store = stage.open({ url: server.url })
    const now = await clock()
    await store.append([entryOf()])
    expect(await visitOf(STREAM)).toBeGreaterThanOrEqual(now + DAY_MS)
    await store.append([entryOf(STREAM, { ttlMs: 3_600_000 })])
    await until(async () => (await visitOf(STREAM)) < now + DAY_MS, 'an earlier visit')
    expect(await visitOf(STREAM)).toBeGreaterThanOrEqual(now + 3_600_000)
    await store.append([entryOf(channel('brief'), { ttlMs: 10 })])
    await until(async () => (await store.prune()) === 1, 'the item is dropped')
    expect(await registered()).toEqual([streamIdOf(STREAM)])
  })

  it('[RD34] a stream that lost its place in the registry has it again with the next life of its items', async () => {
    const store = stage.open({ url: server.url })
    await store.append([entryOf()])
    await redis.del(names.registry)
    await store.append([entryOf(STREAM, { ttlMs: 1_000 })])
    await until(async () => (await redis.zcard(names.registry)) === 1, 'the place')
  })

  it('[RD34] a stream that was not visited for days is registered anew before it is written to', async () => {
    const store = stage.open({ url: server.url })
    await store.append([entryOf()])
    await redis.del(names.registry)
    await redis.hset(META, 'd', (await clock()) - 3 * DAY_MS)
    await store.append([entryOf()])
    expect(await registered()).toEqual([streamIdOf(STREAM)])
    expect(Number(await redis.hget(META, 'd'))).toBeGreaterThan(await clock())
  })

  it('[RD35] a stream that cannot be pruned does not keep others from it', async () => {
    const store = stage.open({ url: server.url })
    const streams = Array.from({ length: 50 }, (_, at) => channel(`s${at}`))
    const outcomes = await store.append(streams.map((stream) => entryOf(stream, { ttlMs: 1 })))
    expect(outcomes.filter(({ outcome }) => outcome !== 'written')).toEqual([])
    const [broken] = names.keysOf(streamIdOf(channel('s0')))
    await redis.set(broken, 'something else')
    let dropped = 0
    await until(async () => {
      dropped += await store.prune()
      return dropped === 49
    }, 'the others are pruned')
    expect(await registered()).toEqual([streamIdOf(channel('s0'))])
    expect(await store.append([entryOf(channel('s0')), entryOf()])).toMatchObject([
      { outcome: 'unknown' },
      { outcome: 'written' },
    ])
  })

  it('[RD36] a walk over very many expired items is done in pages, and none ends it too early', async () => {
    const store = stage.open({ url: server.url })
    await store.append([entryOf()])
    await store.append(entriesOf(5_000, STREAM, { ttlMs: 1 }))
    await store.append([entryOf()])
    for (const [query, far] of [
      [{ after: 1 }, 5_002],
      [{ before: 5_002 }, 1],
    ] as const) {
      let place: number = 'after' in query ? query.after : query.before
      let pages = 0
      const seen: number[] = []
      for (; place !== far && pages < 20; pages++) {
        const at = 'after' in query ? { after: place } : { before: place }
        const page = await store.read(STREAM, { ...at, limit: 10, maxBytes: 1_000_000 })
        expect(page.coveredTo).not.toBe(place)
        place = page.coveredTo
        seen.push(...page.items.map(({ offset }) => offset))
      }
      expect(seen).toEqual(['after' in query ? 5_002 : 1])
      expect(pages).toBe(3)
    }
  })

  it('[RD37] what strangers ask for does not stay, what was used does', async () => {
    const store = stage.open({ url: server.url, maxAwayMs: 40 * DAY_MS })
    const [head] = await store.heads([STREAM])
    const subscriber = { user: 'alice', device: null }
    await store.cursors([{ subscriber, stream: STREAM, start: head ?? null }])
    await expectToPass([META, CURSORS], 40 * DAY_MS)
    await store.append([entryOf()])
    expect(await lives(META, CURSORS, ITEMS)).toEqual([-1, -1, -1])
    const cleared = await store.clear(STREAM)
    await expectToPass([META, CURSORS], 40 * DAY_MS)
    expect(await store.cursors([{ subscriber, stream: STREAM, start: null }])).toEqual([head])
    expect(await store.append([entryOf()])).toMatchObject([{ epoch: cleared.epoch, offset: 1 }])
    expect(await lives(META, CURSORS, ITEMS)).toEqual([-1, -1, -1])
    // What was used and has aged passes as well, and none of its offsets comes back under its epoch.
    const strict = stage.open({ url: server.url, maxAgeMs: 1, maxAwayMs: DAY_MS })
    await due([streamIdOf(STREAM)])
    await until(async () => (await strict.prune()) === 1, 'the item has aged')
    await expectToPass([META, CURSORS, ITEMS], DAY_MS)
    expect(await store.heads([STREAM])).toEqual([{ ...cleared, offset: 1 }])
    await store.append([entryOf()])
    expect(await lives(META, CURSORS, ITEMS)).toEqual([-1, -1, -1])
    await store.clear(STREAM)
    await Promise.all([META, CURSORS].map((key) => redis.pexpire(key, 1)))
    await until(async () => (await redis.exists(META, CURSORS)) === 0, 'the time has passed')
    const [again] = await store.append([entryOf()])
    expect(again).toMatchObject({ outcome: 'written', offset: 1 })
    expect(again).not.toMatchObject({ epoch: cleared.epoch })
  })

  it('[RD37] with maxAwayMs Infinity nothing of it passes', async () => {
    const store = stage.open({ url: server.url })
    const [head] = await store.heads([STREAM])
    const subscriber = { user: 'alice', device: null }
    await store.cursors([{ subscriber, stream: STREAM, start: head ?? null }])
    await redis.hset(CURSORS, '["alice",null]', `0 ${head?.epoch} 1`)
    const endless = stage.open({ url: server.url, maxAwayMs: Number.POSITIVE_INFINITY })
    await endless.heads([STREAM])
    expect(await lives(META, CURSORS)).toEqual([-1, -1])
    await due([streamIdOf(STREAM)])
    await endless.prune()
    expect(await redis.hlen(CURSORS)).toBe(1)
    expect(await lives(META, CURSORS)).toEqual([-1, -1])
  })

  async function expectToPass(keys: readonly string[], awayMs: number): Promise<void> {
    for (const life of await lives(...keys)) {
      expect(life).toBeGreaterThan(awayMs + STREAM_GRACE_MS - 60_000)
      expect(life).toBeLessThanOrEqual(awayMs + STREAM_GRACE_MS)
    }
  }

  const lives = (...keys: string[]): Promise<number[]> => Promise.all(keys.map((key) => redis.pttl(key)))

  const registered = (): Promise<string[]> => redis.zrange(names.registry, '0', '-1')

  async function clock(): Promise<number> {
    const [seconds] = await redis.time()
    return Number(seconds) * 1000
  }

  async function visitOf(stream: typeof STREAM): Promise<number> {
    return Number(await redis.zscore(names.registry, streamIdOf(stream)))
  }

  /** As if the day were over. */
  async function due(ids: readonly string[]): Promise<void> {
    for (const id of ids) await redis.zadd(names.registry, 1, id)
  }
})
