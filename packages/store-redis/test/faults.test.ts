import { createFaultProxy, onUnhandled, until } from '@carillon/testkit'
import { canUse, isRedisFound, REDIS_COMMAND, type RedisServer } from '@carillon/testkit/servers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { appendOne, channel, entriesOf, entryOf, ROOMY, readIds, STREAM } from './entries.ts'
import { createStage, type Stage } from './stage.ts'

let stage: Stage
let server: RedisServer

describe.skipIf(!canUse('redis-server', isRedisFound(), REDIS_COMMAND))('faults', () => {
  let guard: ReturnType<typeof onUnhandled>
  beforeEach(() => {
    stage = createStage()
    guard = onUnhandled()
  })
  afterEach(async () => {
    await stage.close()
    await guard.check()
  })

  // With everysec a kill may cost what Redis held back while its disk was slow; an orderly end costs nothing.
  for (const [appendfsync, end] of [
    ['always', 'kill'],
    ['no', 'kill'],
    ['everysec', 'stop'],
  ] as const) {
    it(`[RD4] with fsync ${appendfsync}, all that was confirmed outlives a ${end} of Redis`, async () => {
      server = await stage.start({ appendonly: 'yes', appendfsync })
      const store = stage.open({ url: server.url })
      const confirmed: string[] = []
      let isOver = false
      const load = (async () => {
        while (!isOver) {
          for (const it of await store.append(entriesOf(5)))
            if (it.outcome === 'written') confirmed.push(it.id)
        }
      })()
      for (let round = 1; round <= 3; round++) {
        const before = confirmed.length
        await until(() => confirmed.length > before + 50, 'confirmed entries')
        await server[end]()
        await server.start()
      }
      isOver = true
      await load
      await until(() => store.heads([STREAM]), 'Redis is back')
      const { items, head } = await store.read(STREAM, { after: 0, ...ROOMY })
      const ids = new Set(items.map(({ id }) => id))
      expect(confirmed.filter((id) => !ids.has(id))).toEqual([])
      expect(ids.size).toBe(head)
    })
  }

  it('[RD5] while Redis is away calls fail, and work again when it is back', async () => {
    server = await stage.start({ appendonly: 'yes' })
    for (const store of [stage.open({ url: server.url }), stage.open({ client: stage.client(server.url) })]) {
      const first = await appendOne(store)
      await server.stop()
      const outcome = await appendOne(store)
      expect(outcome.outcome).toMatch(/refused|unknown/)
      expect((await appendOne(store)).outcome).toBe('refused')
      await expect(store.heads([STREAM])).rejects.toThrow('Redis cannot be reached')
      await expect(store.read(STREAM, { after: 0, ...ROOMY })).rejects.toThrow()
      await expect(store.prune()).rejects.toThrow()
      await server.start()
      const again = await until(async () => {
        const it = await appendOne(store)
        return it.outcome === 'written' && it
      }, 'appends work again')
      expect(again).toMatchObject({ epoch: first.outcome === 'written' && first.epoch })
    }
  })

  it('[RD6] a Redis that comes back empty, or is emptied, has new epochs', async () => {
    server = await stage.start()
    const store = stage.open({ url: server.url })
    const epochs = new Set<string>()
    const appended = async (): Promise<number> => {
      const it = await until(async () => {
        const outcome = await appendOne(store)
        return outcome.outcome === 'written' ? outcome : null
      }, 'an entry is written')
      epochs.add(it.epoch)
      return it.offset
    }
    expect(await appended()).toBe(1)
    expect(await appended()).toBe(2)
    await server.kill()
    await server.start()
    expect(await appended()).toBe(1)
    await server.cli('flushall')
    const [head] = await store.heads([STREAM])
    expect(await appended()).toBe(1)
    expect(epochs).toContain(head?.epoch)
    expect(epochs.size).toBe(3)
  })

  it('[RD7] an append whose reply was lost is sent again by the client and changes nothing', async () => {
    server = await stage.start()
    const proxy = await createFaultProxy(() => ({ port: server.port }))
    stage.add(proxy)
    const store = stage.open({ url: `redis://127.0.0.1:${proxy.port}`, timeoutMs: 4_000 })
    await appendOne(store)
    await server.cli('config', 'resetstat')
    proxy.set({ down: 'drop' })
    const lost = store.append(entriesOf(3))
    await until(async () => (await callsOf('evalsha')) >= 1, 'the command has arrived')
    proxy.cutAll('rst')
    proxy.heal()
    const outcomes = await lost
    expect(await callsOf('evalsha')).toBe(2)
    expect(outcomes).toMatchObject(
      [2, 3, 4].map((offset) => ({ outcome: 'written', offset, duplicate: true })),
    )
    expect(await readIds(store)).toHaveLength(4)
  })

  it('[RD7] without the key, what the client sends again would be there twice', async () => {
    server = await stage.start()
    const proxy = await createFaultProxy(() => ({ port: server.port }))
    const client = stage.client(`redis://127.0.0.1:${proxy.port}`)
    stage.add(proxy)
    await client.ping()
    proxy.set({ down: 'drop' })
    const added = client.xadd('naive', '*', 'id', 'n-1')
    await until(async () => (await callsOf('xadd')) >= 1, 'the command has arrived')
    proxy.cutAll('rst')
    proxy.heal()
    await added
    expect(await client.xlen('naive')).toBe(2)
  })

  it('[RD7] a clear that is sent again takes nothing that came after it', async () => {
    server = await stage.start()
    const proxy = await createFaultProxy(() => ({ port: server.port }))
    stage.add(proxy)
    const store = stage.open({ url: `redis://127.0.0.1:${proxy.port}`, timeoutMs: 4_000 })
    const other = stage.open({ url: server.url })
    await store.clear(STREAM)
    await appendOne(store)
    await server.cli('config', 'resetstat')
    proxy.set({ down: 'drop' })
    const clearing = store.clear(STREAM)
    await until(
      async () => (await callsOf('eval')) + (await callsOf('evalsha')) >= 1,
      'the command has arrived',
    )
    const after = await appendOne(other)
    proxy.cutAll('rst')
    proxy.heal()
    const { epoch } = await clearing
    expect(after).toMatchObject({ outcome: 'written', epoch, offset: 1 })
    expect(await readIds(store)).toHaveLength(1)
  })

  it('[RD8] no answer in time is an unknown outcome, and the same key tells which', async () => {
    server = await stage.start()
    const store = stage.open({ url: server.url, timeoutMs: 300 })
    await appendOne(store)
    server.freeze()
    const entry = entryOf()
    expect(await store.append([entry])).toMatchObject([
      { outcome: 'unknown', cause: { message: expect.stringContaining('300 ms') } },
    ])
    await expect(store.heads([STREAM])).rejects.toThrow()
    server.thaw()
    const outcomes = await until(async () => {
      const [it] = await store.append([entry])
      return it?.outcome === 'written' && it
    }, 'an answer')
    expect(outcomes).toMatchObject({ offset: 2 })
    expect(await readIds(store)).toHaveLength(2)
  })

  it('[RD9] scripts that Redis has forgotten are sent again, in the order of the call', async () => {
    server = await stage.start()
    const store = stage.open({ url: server.url })
    await store.append(entriesOf(2))
    await server.cli('script', 'flush')
    const entries = [...entriesOf(300), ...entriesOf(300, channel('b')), ...entriesOf(300)]
    const outcomes = await store.append(entries)
    expect(outcomes.filter(({ outcome }) => outcome !== 'written')).toEqual([])
    expect((await readIds(store)).slice(2)).toEqual(
      entries.filter((it) => it.stream === STREAM).map(({ id }) => id),
    )
    await server.cli('script', 'flush')
    expect(await store.heads([STREAM, channel('b')])).toMatchObject([{ offset: 602 }, { offset: 300 }])
  })
})
async function callsOf(command: string): Promise<number> {
  const stats = await server.cli('info', 'commandstats')
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
}
