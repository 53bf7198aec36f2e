import type { News, NotificationStore } from '@carillon/store'
import { createFaultProxy, onUnhandled, until } from '@carillon/testkit'
import { canUse, isRedisFound, REDIS_COMMAND, startRedisCluster } from '@carillon/testkit/servers'
import { Cluster } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { subscribe } from '../src/subscriber.ts'
import { CONTENT, channel, entriesOf, entryOf, STREAM } from './entries.ts'
import { createStage, type Stage } from './stage.ts'

interface Heard {
  readonly news: News[]
  gaps: number
}

/** Listens from when the store says that it hears. */
async function listening(store: NotificationStore): Promise<Heard> {
  const heard: Heard = { news: [], gaps: 0 }
  store.listen?.({
    onNews: (news) => heard.news.push(news),
    onGap: () => {
      heard.gaps += 1
    },
  })
  await until(() => heard.gaps > 0, 'the store hears')
  return heard
}

const hears = (heard: Heard, id: string | undefined): Promise<unknown> =>
  until(() => heard.news.some(({ item }) => item?.id === id), `news of ${id}`)

describe.skipIf(!canUse('redis-server', isRedisFound(), REDIS_COMMAND))('news', () => {
  let stage: Stage
  let guard: ReturnType<typeof onUnhandled>
  beforeEach(() => {
    stage = createStage()
    guard = onUnhandled()
  })
  afterEach(async () => {
    await stage.close()
    await guard.check()
  })

  it('[RD20] whenever the subscription was lost, a gap is told and news are heard again', async () => {
    const server = await stage.start()
    const [store, other] = [stage.open({ url: server.url }), stage.open({ url: server.url })]
    const heard = await listening(store)
    for (let round = 0; round < 3; round++) {
      const { gaps } = heard
      expect(Number(await server.cli('client', 'kill', 'type', 'pubsub'))).toBe(1)
      const missed = entryOf()
      await other.append([missed])
      await until(() => heard.gaps > gaps, 'a gap is told')
      const entry = entryOf()
      await other.append([entry])
      await hears(heard, entry.id)
    }
  })

  it('[RD20] it is told at once that the subscription was lost', async () => {
    const server = await stage.start()
    const told: string[] = []
    const store = stage.open({ url: server.url })
    store.listen?.({
      onNews: () => undefined,
      onGap: () => void told.push('gap'),
      onSilence: () => void told.push('silence'),
    })
    await until(() => told.length === 1, 'the store hears')
    await server.cli('client', 'kill', 'type', 'pubsub')
    await until(() => told.length === 3, 'a gap is told')
    expect(told).toEqual(['gap', 'silence', 'gap'])
  })

  it('[RD20] a restart of Redis is a gap', async () => {
    const server = await stage.start({ appendonly: 'yes' })
    const [store, other] = [stage.open({ url: server.url }), stage.open({ client: stage.client(server.url) })]
    const heard = await listening(store)
    await server.kill()
    await server.start()
    await until(() => heard.gaps > 1, 'a gap is told')
    const entry = entryOf()
    await until(async () => (await other.append([entry]))[0]?.outcome === 'written', 'an entry is written')
    await hears(heard, entry.id)
  })

  it('[RD21] a subscription that has died without a word is noticed', async () => {
    const server = await stage.start()
    const proxy = stage.add(await createFaultProxy(() => ({ port: server.port })))
    const client = stage.client(`redis://127.0.0.1:${proxy.port}`)
    const texts: string[] = []
    let subscribed = 0
    const events = {
      onMessage: (text: string) => void texts.push(text),
      onSubscribed: () => {
        subscribed += 1
      },
      onBroken: () => undefined,
    }
    stage.add({ close: subscribe(client, 'some-channel', events, 50) })
    await until(() => subscribed === 1, 'the first subscription')
    proxy.set({ down: 'drop' })
    await server.cli('publish', 'some-channel', 'lost')
    await until(() => proxy.dropped() > 0, 'something was dropped')
    // The main connection would not notice: it has nothing to ask.
    await until(() => proxy.connections() < 2, 'the dead connection was given up')
    proxy.heal()
    await until(() => subscribed === 2, 'the second subscription')
    await server.cli('publish', 'some-channel', 'heard')
    await until(() => texts.includes('heard'), 'a message')
    expect(texts).toEqual(['heard'])
  })

  it('[RD22] who may neither publish nor subscribe may still append and read, and hears when it may', async () => {
    const server = await stage.start()
    await server.cli('acl', 'setuser', 'mute', 'on', '>secret', '~*', '+@all', 'resetchannels')
    const url = `redis://mute:secret@127.0.0.1:${server.port}`
    const [store, other] = [stage.open({ url }), stage.open({ url })]
    let gaps = 0
    const news: News[] = []
    store.listen?.({ onNews: (one) => news.push(one), onGap: () => void gaps++ })
    expect(await other.append(entriesOf(2))).toMatchObject([{ outcome: 'written' }, { outcome: 'written' }])
    expect(await store.heads([STREAM])).toMatchObject([{ offset: 2 }])
    expect(gaps).toBe(0)
    await server.cli('acl', 'setuser', 'mute', 'allchannels')
    await until(() => gaps > 0, 'the subscription')
    await other.append([entryOf()])
    await until(() => news.length > 0, 'news')
  })

  it('[RD23] what a store appends itself is not told to it, unless it does not know', async () => {
    const server = await stage.start()
    const proxy = stage.add(await createFaultProxy(() => ({ port: server.port })))
    // News come over a connection of their own: only the answers get lost.
    const client = stage.client(server.url)
    const store = stage.open({ client, timeoutMs: 300 })
    const blind = stage.open({ url: `redis://127.0.0.1:${proxy.port}`, timeoutMs: 300 })
    const [heard, ownOfBlind] = [await listening(store), await listening(blind)]
    const own = entryOf()
    await store.append([own])
    const [next] = entriesOf(1)
    await blind.append([next ?? own])
    await hears(heard, next?.id)
    expect(heard.news).toHaveLength(1)
    const gaps = ownOfBlind.gaps
    proxy.set({ down: 'drop' })
    expect(await blind.append([entryOf()])).toMatchObject([{ outcome: 'unknown' }])
    expect(ownOfBlind.gaps).toBe(gaps + 1)
  })

  it('[RD25] a message that would be very large is a hint, and foreign messages do no harm', async () => {
    const server = await stage.start()
    const [store, other] = [stage.open({ url: server.url }), stage.open({ url: server.url })]
    const heard = await listening(store)
    for (const text of ['', 'nonsense', 'a 1 {', 'a 2 [1,2]'])
      await server.cli('publish', 'carillon:news', text)
    const content = { ...CONTENT, message: 'x'.repeat(100_000) }
    await other.append(entriesOf(5, STREAM, { content }))
    await until(() => heard.news.length > 0, 'news')
    expect(heard.news).toMatchObject([{ stream: STREAM, head: 5, item: null }])
  })

  it('[RD26] another prefix, key prefix or database is another world', async () => {
    const server = await stage.start()
    const heard: Heard[] = []
    const worlds = [
      stage.open({ url: server.url }),
      stage.open({ url: server.url, prefix: 'other' }),
      stage.open({ url: `${server.url}/3` }),
    ]
    const withKeyPrefix = stage.client(server.url).duplicate({ keyPrefix: 'mine:' })
    stage.add({ close: () => withKeyPrefix.disconnect() })
    worlds.push(stage.open({ client: withKeyPrefix }))
    for (const store of worlds) heard.push(await listening(store))
    for (const [at, store] of worlds.entries()) {
      await store.append(entriesOf(at + 1))
      expect(await store.heads([STREAM])).toMatchObject([{ offset: at + 1 }])
    }
    const marks = worlds.map(() => entryOf(channel('mark')))
    const twin = [{ url: server.url }, { url: server.url, prefix: 'other' }, { url: `${server.url}/3` }]
    for (const [at, options] of twin.entries()) await stage.open(options).append([marks[at] ?? entryOf()])
    for (const at of twin.keys()) await hears(heard[at] ?? { news: [], gaps: 0 }, marks[at]?.id)
    for (const [at, { news }] of heard.entries()) expect(news).toHaveLength(at < twin.length ? 1 : 0)
    expect(Number(await server.cli('exists', 'mine:carillon:due'))).toBe(1)
  })

  it('[RD27] in a cluster, every node hears what is appended in any slot, and a lost one is replaced', async () => {
    const cluster = stage.add(await startRedisCluster())
    const nodes = cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
    const stores = [0, 1].map(() => {
      const client = new Cluster(nodes)
      client.on('error', () => undefined)
      stage.add({ close: () => client.disconnect() })
      return stage.open({ client, timeoutMs: 3_000 })
    })
    const [store, other] = stores
    if (store === undefined || other === undefined) throw new Error('no stores')
    const heard = await listening(store)
    const streams = Array.from({ length: 30 }, (_, at) => channel(`c${at}`))
    const tellAll = async (): Promise<void> => {
      const entries = streams.map((stream) => entryOf(stream))
      expect((await other.append(entries)).map(({ outcome }) => outcome)).toEqual(
        streams.map(() => 'written'),
      )
      for (const { id } of entries) await hears(heard, id)
    }
    await tellAll()
    const gaps = heard.gaps
    for (const node of cluster.nodes) await node.cli('client', 'kill', 'type', 'pubsub')
    await until(() => heard.gaps > gaps, 'a gap is told')
    await tellAll()
  }, 30_000)
})
