import { onUnhandled, until } from '@carillon/testkit'
import {
  canUse,
  isRedisFound,
  REDIS_COMMAND,
  type RedisServer,
  startRedisCluster,
} from '@carillon/testkit/servers'
import { Cluster, Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { channel, entriesOf, entryOf, STREAM } from './entries.ts'
import { createStage, type Stage } from './stage.ts'

describe.skipIf(!canUse('redis-server', isRedisFound(), REDIS_COMMAND))('the client', () => {
  let stage: Stage
  let server: RedisServer
  let guard: ReturnType<typeof onUnhandled>
  beforeEach(async () => {
    guard = onUnhandled()
    stage = createStage()
    server = await stage.start()
  })
  afterEach(async () => {
    await stage.close()
    await guard.check()
  })

  const connections = async (): Promise<number> =>
    (await server.cli('client', 'list'))
      .split('\n')
      .filter((line) => !line.includes('redis-cli') && !line.includes('cmd=client')).length

  it('[RD50] one that was handed in is used, never ended, and left as it was', async () => {
    const client = new Redis(server.url, { lazyConnect: true })
    stage.add({ close: () => client.disconnect() })
    const before = client.eventNames().map((name) => [name, client.listenerCount(name)])
    const store = stage.open({ client })
    store.listen?.({ onNews: () => undefined, onGap: () => undefined })
    expect(await store.append([entryOf()])).toMatchObject([{ outcome: 'written' }])
    await store.close()
    expect(await client.ping()).toBe('PONG')
    expect(client.eventNames().map((name) => [name, client.listenerCount(name)])).toEqual(before)
    await until(async () => (await connections()) === 1, 'only the client of the host is left')
  })

  it('[RD51] a store that made its connections ends them all, once what is under way is done', async () => {
    const store = stage.open({ url: server.url })
    store.listen?.({ onNews: () => undefined, onGap: () => undefined })
    await store.append([entryOf()])
    const underWay = store.append(entriesOf(50))
    await store.close()
    expect((await underWay).map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 50 }, () => 'written'),
    )
    expect(await store.append([entryOf()])).toMatchObject([{ outcome: 'refused', cause: { code: 'CLOSED' } }])
    for (const call of [
      store.read(STREAM, { after: 0, limit: 1, maxBytes: 1 }),
      store.heads([]),
      store.cursors([]),
      store.moveCursors([]),
      store.prune(),
      store.clear(STREAM),
      store.forget('/', 'a'),
      store.forget('/', 'a', STREAM),
      store.durability(),
    ])
      await expect(call).rejects.toMatchObject({ code: 'CLOSED' })
    store.listen?.({ onNews: () => undefined, onGap: () => undefined })()
    await until(async () => (await connections()) === 0, 'no connection is left')
  })

  it('[RD52] a store that never reached Redis can be closed, and says nothing to the console', async () => {
    const said = ['log', 'warn', 'error'].map((name) =>
      vi.spyOn(console, name === 'log' ? 'log' : name === 'warn' ? 'warn' : 'error'),
    )
    await server.stop()
    const client = new Redis(server.url)
    stage.add({ close: () => client.disconnect() })
    for (const store of [
      stage.open({ url: server.socket, timeoutMs: 2_000 }),
      stage.open({ client, timeoutMs: 2_000 }),
    ]) {
      const stop = store.listen?.({ onNews: () => undefined, onGap: () => undefined })
      expect(await store.append([entryOf()])).toMatchObject([
        { outcome: 'refused', cause: { cause: { syscall: 'connect' } } },
      ])
      const before = performance.now()
      // Known to be away: nobody is kept waiting.
      expect(await store.append([entryOf()])).toMatchObject([{ outcome: 'refused' }])
      expect(performance.now() - before).toBeLessThan(1_800)
      stop?.()
      await store.close()
    }
    for (const one of said) {
      expect(one.mock.calls).toEqual([])
      one.mockRestore()
    }
  })

  it('[RD53] a wrong password is told as the cause, and nothing hangs', async () => {
    await server.cli('acl', 'setuser', 'known', 'on', '>right', 'allkeys', 'allchannels', '+@all')
    const store = stage.open({ url: `redis://known:wrong@127.0.0.1:${server.port}`, timeoutMs: 300 })
    await expect(store.heads([STREAM])).rejects.toMatchObject({
      cause: { message: expect.stringContaining('WRONGPASS') },
    })
  })

  it('[RD54] in a cluster a node that comes back is used again, and the others work meanwhile', async () => {
    const cluster = stage.add(
      await startRedisCluster({
        appendonly: 'yes',
        appendfsync: 'always',
        'cluster-require-full-coverage': 'no',
      }),
    )
    const client = new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })))
    client.on('error', () => undefined)
    stage.add({ close: () => client.disconnect() })
    const store = stage.open({ client, timeoutMs: 3_000 })
    const streams = Array.from({ length: 12 }, (_, at) => channel(`c${at}`))
    const appendAll = async (): Promise<string[]> =>
      (await store.append(streams.map((stream) => entryOf(stream)))).map(({ outcome }) => outcome)
    expect(new Set(await appendAll())).toEqual(new Set(['written']))
    await cluster.nodes[1]?.kill()
    const outcomes = await appendAll()
    expect(outcomes).toContain('written')
    expect(new Set(outcomes).size).toBeGreaterThan(1)
    await cluster.nodes[1]?.start()
    const isWhole = async (): Promise<boolean> =>
      (await appendAll()).every((outcome) => outcome === 'written')
    await until(isWhole, 'all work again', 12_000)
    const heads = await store.heads(streams)
    for (const { offset } of heads) expect(offset).toBeGreaterThanOrEqual(2)
  }, 40_000)
})
