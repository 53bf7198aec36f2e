import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type {
  Content,
  Head,
  MemoryStoreOptions,
  NewEntry,
  NotificationStore,
  StreamKey,
} from '../src/index.ts'
import { createMemoryStore, MEMORY_STORE_DEFAULTS } from '../src/index.ts'

const CONTENT: Content = { type: 'info', title: 'Title', message: 'Message', data: null, sender: 'Alice' }
const ALL = { limit: 1_000_000, maxBytes: 1e12 }

const channel = (name: string): StreamKey => ({ scope: '/', kind: 'channel', name })

let made = 0
function entry(stream: StreamKey, change: Partial<NewEntry> = {}): NewEntry {
  const id = `n${++made}`
  return { stream, id, content: CONTENT, bytes: 100, ttlMs: null, sender: 's', key: id, hash: 'h', ...change }
}

async function fill(
  store: NotificationStore,
  name: string,
  count: number,
  change?: Partial<NewEntry>,
): Promise<void> {
  await store.append(Array.from({ length: count }, () => entry(channel(name), change)))
}

async function offsets(store: NotificationStore, name: string): Promise<number[]> {
  return (await store.read(channel(name), { after: 0, ...ALL })).items.map((item) => item.offset)
}

async function head(store: NotificationStore, name: string): Promise<Head | undefined> {
  return (await store.heads([channel(name)]))[0]
}

async function place(store: NotificationStore, user: string, name: string): Promise<void> {
  const to = (await head(store, name)) ?? null
  await store.moveCursors([{ subscriber: { user, device: null }, stream: channel(name), to }])
}

async function known(store: NotificationStore, users: readonly string[], name: string): Promise<string[]> {
  const stream = channel(name)
  const found = await store.cursors(
    users.map((user) => ({ subscriber: { user, device: null }, stream, start: null })),
  )
  return users.filter((_, at) => found[at] !== null)
}

describe('options', () => {
  it.each<[MemoryStoreOptions, RegExp]>([
    [{ maxItemsPerStream: 0 }, /"maxItemsPerStream" must be a positive integer, got 0/],
    [{ maxStreams: 1.5 }, /"maxStreams" must be a positive integer, got 1\.5/],
    [{ maxBytes: Number.NaN }, /"maxBytes" must be a positive integer, got NaN/],
    [{ maxBytes: Number.POSITIVE_INFINITY }, /"maxBytes" must be a positive integer, got Infinity/],
    [{ maxAgeMs: -1 }, /"maxAgeMs" must be a positive integer or Infinity, got -1/],
    [JSON.parse('{"maxCursors": "12"}'), /"maxCursors" must be a positive integer, got '12'/],
    [JSON.parse('{"maxBytes": {}}'), /"maxBytes" must be a positive integer, got an object/],
    [JSON.parse('{"now": 12}'), /"now" must be a function, got 12/],
    [JSON.parse('{"maxItems": 12}'), /"maxItems" must be one of maxItemsPerStream, maxStreams, .*, now$/],
    [JSON.parse('null'), /"options" must be an object, got null/],
  ])('[MS1] %j is refused with the field, what it may be and what came', (options, message) => {
    const open = (): NotificationStore => createMemoryStore(options)
    expect(open).toThrow(message)
    expect(open).toThrow(expect.objectContaining({ name: 'NotificationsStoreError', code: 'BAD_OPTION' }))
  })

  it('[MS2] an option that is undefined has its default', async () => {
    const options: MemoryStoreOptions = JSON.parse('{}')
    const store = createMemoryStore(Object.assign(options, { maxStreams: undefined, now: undefined }))
    await fill(store, 'a', 1)
    expect(await offsets(store, 'a')).toEqual([1])
  })

  it('[MS3] the documented defaults are the real ones', () => {
    const source = readFileSync(new URL('../src/memory/options.ts', import.meta.url), 'utf8')
    const documented = [...source.matchAll(/@default (\S+)\n\s+\*\/\n\s+readonly (\w+)\?/g)]
    const values = documented.map(([, value = '', name]) => [name, Number(value.replaceAll('_', ''))])
    const { now, ...numbers } = MEMORY_STORE_DEFAULTS
    expect(values.filter(([name]) => name !== 'now')).toEqual(Object.entries(numbers))
    expect(now).toBe(Date.now)
  })
})

describe('streams', () => {
  it('[MS4] over the bound, streams without notifications go first, then the least recently used', async () => {
    const store = createMemoryStore({ maxStreams: 3 })
    await fill(store, 'old', 1)
    await fill(store, 'new', 1)
    await place(store, 'alice', 'empty')
    await fill(store, 'third', 1)
    expect(await known(store, ['alice'], 'empty')).toEqual([])
    expect(await offsets(store, 'old')).toEqual([1])
    await fill(store, 'fourth', 1)
    const left = await Promise.all(['old', 'new', 'third', 'fourth'].map((name) => offsets(store, name)))
    expect(left).toEqual([[1], [], [1], [1]])
  })

  it('[MS5] asking about unknown streams makes none', async () => {
    const store = createMemoryStore({ maxStreams: 1 })
    await fill(store, 'kept', 1)
    for (let at = 0; at < 100; at++) {
      await offsets(store, `unknown ${at}`)
      await head(store, `unknown ${at}`)
      await known(store, ['alice'], `unknown ${at}`)
      await store.moveCursors([{ subscriber: { user: 'a', device: null }, stream: channel('b'), to: null }])
      await store.moveCursors([
        { subscriber: { user: 'a', device: null }, stream: channel('b'), to: { epoch: 'e', offset: 1 } },
      ])
    }
    expect(await offsets(store, 'kept')).toEqual([1])
  })

  it('[MS6] an offset of a stream is never given twice under one epoch, however often it is evicted', async () => {
    const store = createMemoryStore({ maxStreams: 2 })
    const places = new Set<string>()
    for (let round = 0; round < 200; round++) {
      const name = `c${(round * 7) % 5}`
      if (round % 11 === 0) await store.clear(channel(name))
      const [written] = await store.append([entry(channel(name))])
      if (written?.outcome !== 'written') throw new Error('not written')
      places.add(`${name} ${written.epoch} ${written.offset}`)
    }
    expect(places.size).toBe(200)
  })

  it('[MS7] a subscription that comes and goes leaves nothing behind', async () => {
    const store = createMemoryStore({ maxStreams: 3 })
    await fill(store, 'kept', 1)
    await place(store, 'alice', 'waiting')
    for (let at = 0; at < 10; at++) {
      const stream = channel(`visited ${at}`)
      await place(store, 'bob', stream.name)
      await store.moveCursors([{ subscriber: { user: 'bob', device: null }, stream, to: null }])
    }
    await place(store, 'bob', 'another')
    expect(await offsets(store, 'kept')).toEqual([1])
    expect(await known(store, ['alice'], 'waiting')).toEqual(['alice'])
  })
})

describe('notifications', () => {
  it('[MS8] a stream keeps its newest ones, and the key of one that is gone may be used again', async () => {
    const store = createMemoryStore({ maxItemsPerStream: 3 })
    await fill(store, 'a', 1, { key: 'k' })
    await fill(store, 'a', 2)
    const again = entry(channel('a'), { key: 'k' })
    expect(await store.append([again])).toMatchObject([{ duplicate: true, offset: 1 }])
    await fill(store, 'a', 1)
    expect(await store.append([again])).toMatchObject([{ duplicate: false, offset: 5 }])
    expect(await store.read(channel('a'), { after: 0, ...ALL })).toMatchObject({
      base: 2,
      head: 5,
      coveredTo: 5,
    })
    expect(await offsets(store, 'a')).toEqual([3, 4, 5])
  })

  it('[MS9] keys live as long as their item in streams of any length', async () => {
    const store = createMemoryStore({ maxItemsPerStream: 20 })
    const entries = Array.from({ length: 60 }, (_, at) => entry(channel('a'), { key: `k${at}` }))
    await store.append(entries)
    const again = await store.append(entries.slice(40))
    expect(again.every((it) => it.outcome === 'written' && it.duplicate)).toBe(true)
    const anew = await store.append(entries.slice(0, 5))
    expect(anew.every((it) => it.outcome === 'written' && !it.duplicate)).toBe(true)
  })

  it('[MS10] over the bytes, the oldest of the least recently used stream go, and its offsets go on', async () => {
    const store = createMemoryStore({ maxBytes: 10_000 })
    await fill(store, 'quiet', 5, { bytes: 600 })
    await fill(store, 'busy', 5, { bytes: 600 })
    await fill(store, 'busy', 2, { bytes: 600 })
    expect(await offsets(store, 'quiet')).toEqual([3, 4, 5])
    await fill(store, 'busy', 20, { bytes: 600 })
    expect(await offsets(store, 'busy')).toEqual([18, 19, 20, 21, 22, 23, 24, 25, 26, 27])
    expect(await store.read(channel('quiet'), { after: 0, ...ALL })).toMatchObject({
      base: 5,
      head: 5,
      items: [],
    })
    expect(await store.append([entry(channel('quiet'))])).toMatchObject([{ offset: 6 }])
  })

  it('[MS11] one that is larger than all bytes is refused, and its neighbours are written', async () => {
    const store = createMemoryStore({ maxBytes: 10_000 })
    const sizes = [100, 10_000, Number.POSITIVE_INFINITY, Number.NaN, -1]
    const outcomes = await store.append(sizes.map((bytes) => entry(channel('a'), { bytes })))
    expect(outcomes.map((it) => it.outcome)).toEqual(['written', 'refused', 'refused', 'written', 'written'])
    expect(outcomes[1]).toMatchObject({ cause: { code: 'BAD_ENTRY' } })
    expect(await offsets(store, 'a')).toEqual([1, 2, 3])
  })

  it('[MS12] a content that cannot be copied is refused, and its neighbours are written', async () => {
    const store = createMemoryStore()
    const data: Record<string, never> = {}
    Object.assign(data, { self: data })
    const entries = [CONTENT, { ...CONTENT, data }, CONTENT].map((content) =>
      entry(channel('a'), { content }),
    )
    const outcomes = await store.append(entries)
    expect(outcomes.map((it) => it.outcome)).toEqual(['written', 'refused', 'written'])
    expect(outcomes[1]).toMatchObject({ cause: { code: 'BAD_ENTRY', cause: { name: 'RangeError' } } })
  })

  it('[MS13] a key called __proto__ is a key like any other', async () => {
    const store = createMemoryStore()
    const data: Content['data'] = JSON.parse(
      '{"__proto__": {"__proto__": {"polluted": true}}, "a": {"b": 1}}',
    )
    await store.append([entry(channel('a'), { content: { ...CONTENT, data } })])
    const page = await store.read(channel('a'), { after: 0, ...ALL })
    expect(JSON.stringify(page.items[0]?.content.data)).toBe(JSON.stringify(data))
    expect(Object.getPrototypeOf(page.items[0]?.content.data)).toBe(Object.prototype)
    expect('polluted' in {}).toBe(false)
  })

  it('[MS14] what is too old is gone from reads and counts as trimmed', async () => {
    let time = 1_000
    const store = createMemoryStore({ maxAgeMs: 100, now: () => time })
    await fill(store, 'a', 2)
    time += 60
    await fill(store, 'a', 2)
    time += 60
    expect(await store.read(channel('a'), { after: 0, ...ALL })).toMatchObject({ base: 2, head: 4 })
    expect(await offsets(store, 'a')).toEqual([3, 4])
    time += 60
    expect(await store.prune()).toBe(2)
    expect(await store.prune()).toBe(0)
    expect(await store.read(channel('a'), { after: 0, ...ALL })).toMatchObject({
      base: 4,
      head: 4,
      coveredTo: 4,
    })
  })

  it('[MS15] a clock that jumps back loses nothing and stops nothing', async () => {
    let time = 10_000
    const store = createMemoryStore({ maxAgeMs: 100, now: () => time })
    await fill(store, 'a', 1)
    time = 5_000
    await fill(store, 'a', 1)
    expect(await offsets(store, 'a')).toEqual([1, 2])
  })

  it('[MS16] what expired and was pruned makes room', async () => {
    let time = 1_000
    const store = createMemoryStore({ maxBytes: 5_000, now: () => time })
    await fill(store, 'a', 5)
    await fill(store, 'b', 5, { ttlMs: 10 })
    time += 11
    expect(await store.prune()).toBe(5)
    await fill(store, 'c', 5)
    expect(await offsets(store, 'a')).toEqual([1, 2, 3, 4, 5])
  })
})

describe('cursors', () => {
  it('[MS17] over the bound, the stream with most of them loses the one that was not moved for longest', async () => {
    const store = createMemoryStore({ maxCursors: 6 })
    await place(store, 'alice', 'small')
    const crowd = ['c1', 'c2', 'c3', 'c4', 'c5']
    for (const user of crowd) await place(store, user, 'flooded')
    await place(store, 'c1', 'flooded')
    await place(store, 'bob', 'small')
    await place(store, 'c6', 'flooded')
    expect(await known(store, ['alice', 'bob'], 'small')).toEqual(['alice', 'bob'])
    expect(await known(store, [...crowd, 'c6'], 'flooded')).toEqual(['c1', 'c4', 'c5', 'c6'])
  })

  it('[MS18] cursors of an epoch that is over are bounded with the others', async () => {
    const store = createMemoryStore({ maxCursors: 3 })
    for (const user of ['a', 'b', 'c']) await place(store, user, 'devops')
    await store.clear(channel('devops'))
    await place(store, 'd', 'devops')
    expect(await known(store, ['a', 'b', 'c', 'd'], 'devops')).toEqual(['b', 'c', 'd'])
  })

  it('[MS19] a stream keeps its last cursor, whatever the bound', async () => {
    const store = createMemoryStore({ maxCursors: 1 })
    for (const user of ['a', 'b']) await place(store, user, `of ${user}`)
    expect(await known(store, ['a'], 'of a')).toEqual(['a'])
    expect(await known(store, ['b'], 'of b')).toEqual(['b'])
  })

  it('[MS20] the cursors of a stream that was evicted make room', async () => {
    const store = createMemoryStore({ maxCursors: 3, maxStreams: 2 })
    for (const user of ['a', 'b', 'c']) await place(store, user, 'evicted')
    await fill(store, 'x', 1)
    await fill(store, 'y', 1)
    for (const user of ['d', 'e', 'f']) await place(store, user, 'x')
    expect(await known(store, ['a', 'b', 'c'], 'evicted')).toEqual([])
    expect(await known(store, ['d', 'e', 'f'], 'x')).toEqual(['d', 'e', 'f'])
  })
})

describe('as a whole', () => {
  it('[MS21] a million appends leave a store within its bounds', { timeout: 60_000 }, async () => {
    const store = createMemoryStore({ maxBytes: 4 * 1024 * 1024, maxStreams: 500 })
    const before = heapUsed()
    for (let at = 0; at < 1_000_000; at += 1_000) {
      const stream = channel(`c${at % 900_000}`)
      const entries = Array.from({ length: 1_000 }, (_, index) => {
        const ttlMs = index % 3 === 0 ? 1 : null
        return entry(index % 2 === 0 ? stream : channel(`d${index % 300}`), {
          ttlMs,
          content: { ...CONTENT },
        })
      })
      await store.append(entries)
    }
    expect(heapUsed() - before).toBeLessThan(10 * 1024 * 1024)
    expect((await offsets(store, 'd1')).length).toBeGreaterThan(0)
  })

  it('[MS22] after it was closed it writes nothing and says so', async () => {
    const store = createMemoryStore()
    await store.close()
    expect(await store.append([entry(channel('a'))])).toMatchObject([
      { outcome: 'refused', cause: { code: 'CLOSED' } },
    ])
    await expect(store.read(channel('a'), { after: 0, ...ALL })).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(store.heads([])).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(store.cursors([])).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(store.moveCursors([])).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(store.prune()).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(store.clear(channel('a'))).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(store.forget('/', 'a')).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(store.forget('/', 'a', channel('a'))).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('[MS23] two stores have nothing in common, not even an epoch', async () => {
    const [one, two] = [createMemoryStore(), createMemoryStore()]
    await fill(one, 'a', 1)
    expect(await offsets(two, 'a')).toEqual([])
    expect((await head(one, 'a'))?.epoch).not.toBe((await head(two, 'a'))?.epoch)
  })
})

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}
