import type { CursorMove, Head } from '@carillon/store'
import { onUnhandled } from '@carillon/testkit'
import { canUse, isRedisFound, REDIS_COMMAND, type RedisServer } from '@carillon/testkit/servers'
import type { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createNames, streamIdOf } from '../src/names.ts'
import { channel, entryOf, STREAM } from './entries.ts'
import { createStage, type Stage } from './stage.ts'

const names = createNames('carillon', '')
const alice = { user: 'alice', device: null }
const phone = { user: 'alice', device: 'phone' }
const listOfBob = names.cursorsOfUser('/', 'bob')
const LIST = names.cursorsOfUser('/', 'alice')

describe.skipIf(!canUse('redis-server', isRedisFound(), REDIS_COMMAND))('cursors', () => {
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

  it('[RD40] the list of a user holds each cursor that the user has, and no other', async () => {
    const store = stage.open({ url: server.url })
    const [a, b] = await store.heads([channel('a'), channel('b')])
    const put = (
      subscriber: typeof phone | typeof alice,
      name: string,
      to: Head | undefined | null,
    ): CursorMove => {
      return { subscriber, stream: channel(name), to: to ?? null }
    }
    await store.moveCursors([put(alice, 'a', a), put(phone, 'a', a), put(alice, 'b', b)])
    expect(await redis.scard(LIST)).toBe(3)
    await store.moveCursors([put(alice, 'a', a), put({ ...alice, user: 'bob' }, 'a', a)])
    expect(await redis.scard(LIST)).toBe(3)
    await store.moveCursors([put(alice, 'a', null)])
    expect(await redis.scard(LIST)).toBe(2)
    await store.moveCursors([put(phone, 'a', null), put(alice, 'b', null)])
    expect(await redis.exists(LIST)).toBe(0)
  })

  it('[RD40] a cursor is in the list before it is there', async () => {
    const store = stage.open({ url: server.url })
    const [head] = await store.heads([STREAM])
    const commands: string[] = []
    const monitor = await redis.monitor()
    stage.add({ close: () => monitor.disconnect() })
    monitor.on(
      'monitor',
      (_time: string, [name, key]: string[]) => void commands.push(`${name} ${key}`.toLowerCase()),
    )
    await store.cursors([{ subscriber: alice, stream: STREAM, start: head ?? null }])
    const [, , , cursors] = names.keysOf(streamIdOf(STREAM))
    await expect.poll(() => commands).toContain(`hset ${cursors}`.toLowerCase())
    const listed = commands.indexOf(`sadd ${LIST}`.toLowerCase())
    expect(listed).toBeGreaterThanOrEqual(0)
    expect(listed).toBeLessThan(commands.indexOf(`hset ${cursors}`.toLowerCase()))
  })

  it('[RD40] forgetting on one stream takes its cursors out of the list, and leaves the others there', async () => {
    const store = stage.open({ url: server.url })
    const names = ['a', 'a\ud800', 'a\ud801', 'a\0']
    const heads = await store.heads(names.map(channel))
    const all = [alice, phone, { user: 'bob', device: null }]
    await store.moveCursors(
      all.flatMap((subscriber) =>
        names.map((name, at) => ({ subscriber, stream: channel(name), to: heads[at] ?? null })),
      ),
    )
    for (const [at, name] of names.entries()) {
      await store.forget('/', 'alice', channel(name))
      const left = names.slice(at + 1)
      expect(await redis.scard(LIST)).toBe(2 * left.length)
      for (const subscriber of [alice, phone]) {
        const found = await store.cursors(
          names.map((one) => ({ subscriber, stream: channel(one), start: null })),
        )
        expect(names.filter((_, index) => found[index] !== null)).toEqual(left)
      }
    }
    expect(await redis.scard(listOfBob)).toBe(names.length)
  })

  it('[RD40] who comes back while being forgotten is in the list, and is forgotten the next time', async () => {
    const other = stage.open({ url: server.url })
    const client = stage.client(server.url)
    const store = stage.open({ client })
    const [head] = await other.heads([STREAM])
    const ask = [phone].map((subscriber) => ({ subscriber, stream: STREAM, start: head ?? null }))
    await other.cursors(ask)
    const call = client.call.bind(client)
    const spy = vi.spyOn(client, 'call').mockImplementation(async (name: string, ...args: unknown[]) => {
      if (name === 'SREM') await other.cursors(ask)
      return call(name, ...args.map(String))
    })
    await store.forget('/', 'alice', STREAM)
    spy.mockRestore()
    expect(await redis.smembers(LIST)).toEqual([`${streamIdOf(STREAM)} ["alice","phone"]`])
    await store.forget('/', 'alice', STREAM)
    expect(await redis.exists(LIST)).toBe(0)
    expect(await other.cursors(ask)).toEqual([null])
  })

  it('[RD41] a user with very many cursors is forgotten in steps, and nobody else', async () => {
    const store = stage.open({ url: server.url })
    const streams = Array.from({ length: 1_300 }, (_, at) => channel(`c${at}`))
    const heads = await store.heads(streams)
    const moves = (subscriber: typeof alice | typeof phone): CursorMove[] =>
      streams.map((stream, at) => ({ subscriber, stream, to: heads[at] ?? null }))
    await store.moveCursors([...moves(alice), ...moves(phone), ...moves({ user: 'bob', device: null })])
    await store.forget('/', 'alice')
    expect(await redis.exists(LIST)).toBe(0)
    expect(await redis.scard(listOfBob)).toBe(streams.length)
    for (const stream of [streams[0], streams[777], streams[1_299]]) {
      const [, , , cursors] = names.keysOf(streamIdOf(stream ?? STREAM))
      expect(await redis.hkeys(cursors)).toEqual(['["bob",null]'])
    }
  })

  it('[RD42] steps of one cursor in one call are taken in their order', async () => {
    const store = stage.open({ url: server.url })
    await store.append([entryOf(), entryOf(), entryOf()])
    const [head] = await store.heads([STREAM])
    const at = (offset: number): Head => ({ epoch: head?.epoch ?? '', offset })
    const after = async (...places: (Head | null)[]): Promise<Head | null | undefined> => {
      await store.moveCursors(places.map((to) => ({ subscriber: alice, stream: STREAM, to })))
      return (await store.cursors([{ subscriber: alice, stream: STREAM, start: null }]))[0]
    }
    expect(await after(at(2), null)).toBeNull()
    expect(await after(at(3), null, at(1))).toEqual(at(1))
    expect(await after(null, at(2), at(1))).toEqual(at(2))
    const ask = { subscriber: phone, stream: STREAM, start: at(3) }
    expect(await store.cursors([ask, ask, { ...ask, start: at(1) }])).toEqual([null, at(3), at(3)])
    await expect(after(at(-1))).rejects.toThrow('offset')
  })

  it('[RD43] moves from many stores at once only take a cursor forward', async () => {
    const stores = Array.from({ length: 4 }, () => stage.open({ url: server.url }))
    const [first] = stores
    await first?.append(Array.from({ length: 50 }, () => entryOf()))
    const [head] = (await first?.heads([STREAM])) ?? []
    const offsets = Array.from({ length: 50 }, (_, at) => ((at * 37) % 50) + 1)
    await Promise.all(
      offsets.map((offset, index) => {
        const to = { epoch: head?.epoch ?? '', offset }
        return stores[index % 4]?.moveCursors([{ subscriber: alice, stream: STREAM, to }])
      }),
    )
    expect(await first?.cursors([{ subscriber: alice, stream: STREAM, start: null }])).toEqual([head])
  })
})
