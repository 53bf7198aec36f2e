import { onUnhandled, until } from '@carillon/testkit'
import { canUse, isRedisFound, REDIS_COMMAND, type RedisServer } from '@carillon/testkit/servers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { appendOne, CONTENT, channel, entriesOf, entryOf, ROOMY, readIds, STREAM } from './entries.ts'
import { createStage, type Stage } from './stage.ts'

let stage: Stage
let server: RedisServer

describe.skipIf(!canUse('redis-server', isRedisFound(), REDIS_COMMAND))('damage', () => {
  let guard: ReturnType<typeof onUnhandled>
  beforeEach(() => {
    stage = createStage()
    guard = onUnhandled()
  })
  afterEach(async () => {
    await stage.close()
    await guard.check()
  })

  it('[RD10] where something of a stream was evicted or changed, the rest is dropped under a new epoch', async () => {
    server = await stage.start()
    const store = stage.open({ url: server.url })
    const keys = async (): Promise<string[]> => (await server.cli('keys', 'carillon:{*')).split('\n')
    const tamper: readonly (readonly [name: string, command: (key: string) => string[]])[] = [
      ['m', (key) => ['del', key]],
      ['s', (key) => ['del', key]],
      ['k', (key) => ['del', key]],
      // A head that has gone back, as no eviction could do it: Redis refuses the offsets that follow.
      ['m', (key) => ['hset', key, 'h', '1']],
    ]
    for (const [name, command] of tamper) {
      const before = await store.append(entriesOf(3))
      const key = (await keys()).find((one) => one.endsWith(`:${name}`)) ?? ''
      await server.cli(...command(key))
      const [after] = await store.append([entryOf()])
      expect(after).toMatchObject({ outcome: 'written', offset: 1, duplicate: false })
      const epochs = [...before, after].map((it) => it?.outcome === 'written' && it.epoch)
      expect(new Set(epochs).size).toBe(2)
      expect(await readIds(store)).toHaveLength(1)
      await store.clear(STREAM)
    }
  })

  it('[RD10] a reader of a stream that lost its items is not shown a hole', async () => {
    server = await stage.start()
    const store = stage.open({ url: server.url })
    const [first] = await store.append(entriesOf(3))
    await server.cli('del', (await server.cli('keys', 'carillon:{*:s')).trim())
    const page = await store.read(STREAM, { after: 0, ...ROOMY })
    expect(page).toMatchObject({ head: 0, base: 0, items: [] })
    expect(page.epoch).not.toBe(first?.outcome === 'written' && first.epoch)
  })

  it('[RD11] a full memory refuses entries and harms nothing that is there', async () => {
    server = await stage.start({ maxmemory: '6mb' })
    const store = stage.open({ url: server.url })
    const content = { ...CONTENT, message: 'x'.repeat(10_000) }
    let written = 0
    const refused = await until(async () => {
      const outcomes = await store.append(entriesOf(20, STREAM, { content }))
      written += outcomes.filter(({ outcome }) => outcome === 'written').length
      return outcomes.find(({ outcome }) => outcome !== 'written')
    }, 'a full memory')
    expect(refused).toMatchObject({ outcome: 'refused', cause: { message: expect.stringContaining('OOM') } })
    expect(await readIds(store)).toHaveLength(written)
    await server.cli('config', 'set', 'maxmemory', '1mb')
    expect(await store.append([entryOf(), entryOf(channel('new'))])).toMatchObject([
      { outcome: 'refused' },
      { outcome: 'refused' },
    ])
    expect(await store.heads([STREAM])).toMatchObject([{ offset: written }])
    await server.cli('config', 'set', 'maxmemory', '100mb')
    expect(await appendOne(store)).toMatchObject({ outcome: 'written', offset: written + 1 })
  })

  it('[RD12] a poison entry is refused and its neighbours are written', async () => {
    server = await stage.start()
    const store = stage.open({ url: server.url })
    const cyclic: Record<string, never> = {}
    Object.assign(cyclic, { cyclic })
    const poison = [
      { content: { ...CONTENT, data: cyclic } },
      { content: { ...CONTENT, message: 'x'.repeat(17 * 1024 * 1024) } },
      { ttlMs: Number.NaN },
      { ttlMs: -1 },
    ]
    const entries = poison.flatMap((change) => [entryOf(), entryOf(STREAM, change)])
    const outcomes = await store.append(entries)
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(poison.flatMap(() => ['written', 'refused']))
    for (const it of outcomes)
      if (it.outcome === 'refused') expect(it.cause).toMatchObject({ code: 'BAD_ENTRY' })
    // @ts-expect-error what a host without types may send
    expect(await appendOne(store, { content: { ...CONTENT, title: undefined } })).toMatchObject({
      outcome: 'refused',
    })
  })

  it('[RD12] text that is no text in UTF-8 keeps apart what differs and comes back as it was', async () => {
    server = await stage.start()
    const store = stage.open({ url: server.url })
    const odd = ['\ud800', '\udc00', '\ufffd', '\u0000', '\ud83d\udd14']
    for (const name of odd) {
      const content = { ...CONTENT, title: name, data: { [name]: name } }
      const entries = odd.map((key) => entryOf(channel(name), { key, sender: name, content }))
      const outcomes = await store.append(entries)
      expect(outcomes).toMatchObject(odd.map((_, at) => ({ offset: at + 1, duplicate: false })))
      const { items } = await store.read(channel(name), { after: 0, ...ROOMY })
      expect(items.map((item) => item.content)).toEqual(odd.map(() => content))
    }
  })
})
