/* A log that is put back while something else goes on: nothing is missed, doubled or told without reason. */
import { createMemoryStore } from '@carillon/store'
import { deferred, turns } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import { heartbeat } from '../../src/flows/disconnect.ts'
import { checkHeads, onNews } from '../../src/flows/news.ts'
import {
  BROADCASTS,
  burst,
  DEVOPS,
  elsewhere,
  idsOf,
  OWN,
  resets,
  settle,
  TEN,
  ten,
  titles,
  V2,
  worldOf,
} from './put-back-world.ts'
import { ClientEvent, createWorld, notifications, ServerEvent, type TestPeer } from './world.ts'

describe('a log that was put back and has grown past where it was, before anybody looked', () => {
  test('[G2] by own sends within one moment: none of them stays undelivered', async () => {
    const { world, store, one, two } = await ten()
    await store.putBack(DEVOPS, 7)
    const again = ['8 again', '9 again', '10 again', '11']
    await burst(world, one.session, again)
    await settle(world)
    await checkHeads(world.core)
    await settle(world)
    expect(titles(two.peer)).toEqual(expect.arrayContaining(again))
  })

  test('[G2] by news of another node', async () => {
    const { world, store, two } = await ten()
    await store.putBack(DEVOPS, 7)
    const news = await elsewhere(store, DEVOPS, 4)
    for (const one of news) onNews(world.core, one)
    await settle(world)
    await checkHeads(world.core)
    await settle(world)
    expect(titles(two.peer)).toEqual(expect.arrayContaining(idsOf(news)))
  })

  test('[G2] whose tail has emitted nothing yet', async () => {
    const { world, store } = worldOf()
    await elsewhere(store, DEVOPS, 10)
    const bob = world.connect({ user_id: 'bob', ...V2 })
    world.request(bob.session, ClientEvent.JoinChannel, 'devops')
    await turns()
    await store.putBack(DEVOPS, 7)
    const again = ['8 again', '9 again', '10 again']
    await burst(world, bob.session, again)
    await settle(world)
    await checkHeads(world.core)
    await settle(world)
    expect(titles(bob.peer)).toEqual(expect.arrayContaining(again))
  })

  test('[G5] [P-RESET-LIVE] to the same offset exactly, news lost: the check of the heads notices', async () => {
    const { world, store, two } = await ten()
    await store.putBack(DEVOPS, 7)
    const news = await elsewhere(store, DEVOPS, 3)
    await checkHeads(world.core)
    await settle(world)
    expect(titles(two.peer)).toEqual(expect.arrayContaining(idsOf(news)))
  })
})

test('[G2] during an outage, and grown to the same end before the first send after it', async () => {
  let isDown = false
  const down = (): Promise<never> => Promise.reject(new Error('down'))
  const { world, store, one, two } = await ten({}, (real) => ({
    ...real,
    append: async (entries) =>
      isDown
        ? entries.map(() => ({ outcome: 'refused', cause: new Error('down') }))
        : await real.append(entries),
    read: (stream, query) => (isDown ? down() : real.read(stream, query)),
  }))
  isDown = true
  await burst(world, one.session, ['refused'])
  await settle(world, 2)
  await store.putBack(DEVOPS, 7)
  const news = await elsewhere(store, DEVOPS, 3)
  isDown = false
  await burst(world, one.session, ['11'])
  await settle(world)
  expect(resets(two.peer.frames)).toMatchObject([{ offset: 7 }])
  expect(titles(two.peer)).toEqual(expect.arrayContaining([...idsOf(news), '11']))
})

test('[G5] [P-RESET-LIVE] a hint (as PostgreSQL tells) of a head below ours is a reason to look', async () => {
  const { world, store, two } = await ten()
  await store.putBack(DEVOPS, 7)
  const [news] = await elsewhere(store, DEVOPS, 1)
  if (news === undefined) throw new Error('no news')
  onNews(world.core, { ...news, item: null })
  await settle(world)
  expect(resets(two.peer.frames)).toMatchObject([{ offset: 7, reason: 'future' }])
})

test('[G3] [G5] what was trimmed behind a tail that has moved on since the question is no loss', async () => {
  let hold: ReturnType<typeof deferred<void>> | null = null
  const world = createWorld({
    store: () => {
      const real = createMemoryStore({ maxItemsPerStream: 3 })
      return {
        ...real,
        async read(stream, query) {
          if (stream.kind === 'channel') await hold?.promise
          return real.read(stream, query)
        },
      }
    },
  })
  const one = world.connect({ user_id: 'alice' })
  const two = world.connect({ user_id: 'bob', ...V2 })
  for (const { session } of [one, two]) world.request(session, ClientEvent.JoinChannel, 'devops')
  await turns()
  await burst(world, one.session, ['1', '2', '3', '4', '5'])
  // Late news of something old: a reason to look, no more.
  const { items, epoch } = await world.store.read(DEVOPS, { after: 3, limit: 1, maxBytes: 1 })
  const [item = null] = items
  onNews(world.core, { stream: DEVOPS, epoch, head: 4, item })
  hold = deferred<void>()
  world.time.advance(250)
  await turns()
  await burst(world, one.session, ['6', '7', '8', '9'])
  hold.resolve()
  await settle(world)
  expect([titles(one.peer), resets(two.peer.frames)]).toEqual([
    ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
    [],
  ])
})

test('[G2] after a reset everything is read that came meanwhile, not one page of it', async () => {
  let hold: ReturnType<typeof deferred<void>> | null = null
  const { world, store, one, two } = await ten(
    { settings: { page: { limit: 2, maxBytes: 1_000_000 } } },
    (real) => ({
      ...real,
      async read(stream, query) {
        const page = await real.read(stream, query)
        // The last read of the search: the page from which everybody goes on.
        if (stream.kind === 'channel' && query.limit > 1 && 'after' in query && query.after === 3)
          await hold?.promise
        return page
      },
    }),
  )
  await store.putBack(DEVOPS, 3)
  hold = deferred<void>()
  await checkHeads(world.core)
  await settle(world, 2)
  const again = ['4 again', '5 again', '6 again', '7 again', '8 again', '9 again']
  await burst(world, one.session, again)
  hold.resolve()
  await settle(world)
  expect(titles(two.peer).slice(10)).toEqual(again)
})

describe('what waits for its turn when the log is put back', () => {
  async function waiting() {
    let reads = 0
    const played = await ten({}, (real) => ({
      ...real,
      read: (stream, query) => {
        reads += 1
        return real.read(stream, query)
      },
    }))
    const { world, store } = played
    const news = await elsewhere(store, DEVOPS, 5)
    const last = news.at(-1)
    if (last === undefined) throw new Error('no news')
    // Of five only the last is heard, and the others are gone for good before anybody reads them.
    onNews(world.core, last)
    await store.putBack(DEVOPS, 12)
    await settle(world, 4)
    return { ...played, last, reads: () => reads }
  }

  test('[G7] the store is not asked for it again and again for ever', async () => {
    const { world, reads } = await waiting()
    const before = reads()
    await settle(world, 40)
    expect(reads() - before).toBeLessThan(5)
  })

  test('[G6] it is not delivered: it is not in the log', async () => {
    const { world, one, two, last } = await waiting()
    await burst(world, one.session, ['13 again', '14 again'])
    await settle(world)
    expect(titles(two.peer)).not.toContain(last.item?.id)
  })
})

test('[G2] [P-RESET] put back twice while it is looked at: what follows a reset is above its offset', async () => {
  let hold: ReturnType<typeof deferred<void>> | null = null
  const { world, store, one, two } = await ten({}, (real) => ({
    ...real,
    async read(stream, query) {
      if (stream.kind === 'channel' && query.limit > 1 && 'after' in query && query.after === 7)
        await hold?.promise
      return real.read(stream, query)
    },
  }))
  await store.putBack(DEVOPS, 7)
  hold = deferred<void>()
  await checkHeads(world.core)
  await settle(world, 2)
  await store.putBack(DEVOPS, 5)
  hold.resolve()
  await settle(world)
  await burst(world, one.session, ['6 again'])
  await settle(world)
  const told = resets(two.peer.frames).map(({ offset }) => Number(offset))
  const next = notifications(two.peer.frames, 'c:devops').find(({ title }) => title === '6 again')
  expect(next?.offset).toBeGreaterThan(told.at(-1) ?? 0)
})

describe('cursors and a log that was put back', () => {
  /** Bob is away, the log grows to twelve, Bob comes back without positions of his own. */
  async function back(played: Awaited<ReturnType<typeof ten>>) {
    const { world, store, two } = played
    world.disconnect(two.session)
    await turns()
    const news = await elsewhere(store, DEVOPS, 12 - ((await store.heads([DEVOPS]))[0]?.offset ?? 0))
    for (const one of news.slice(-1)) onNews(world.core, { ...one, item: null })
    await settle(world)
    const again = world.connect({ user_id: 'bob', ...V2 })
    world.request(again.session, ClientEvent.JoinChannel, 'devops')
    await turns()
    return again.peer
  }

  test('[G2] acknowledged before the loss was noticed: what is written there later is not passed over', async () => {
    const played = await ten()
    const { world, store, two } = played
    const epoch = (await store.heads([DEVOPS]))[0]?.epoch
    await store.putBack(DEVOPS, 7)
    world.request(two.session, ClientEvent.AckNotifications, { 'c:devops': { epoch, offset: 10 } })
    await turns()
    const peer = await back(played)
    expect(notifications(peer.frames, 'c:devops').map(({ offset }) => offset)).toEqual(
      expect.arrayContaining([8, 9, 10, 11, 12]),
    )
  })

  test('[G2] an acknowledgement that crosses the reset proves nothing of what came after it', async () => {
    const played = await ten()
    const { world, store, one, two } = played
    const { epoch, items } = await store.read(DEVOPS, { after: 9, limit: 1, maxBytes: 1 })
    await store.putBack(DEVOPS, 7)
    await checkHeads(world.core)
    await settle(world)
    await burst(world, one.session, ['8 again', '9 again', '10 again'])
    // Sent before the reset arrived: the tenth of the old log.
    const old = { epoch, offset: 10, id: items[0]?.id }
    world.request(two.session, ClientEvent.AckNotifications, { 'c:devops': old })
    await turns()
    const peer = await back(played)
    expect(titles(peer)).toEqual(expect.arrayContaining(['8 again', '9 again', '10 again']))
  })

  test('[G2] [P-PROOF] what was proved of a lost log is no place in the new one', async () => {
    const held = deferred<void>()
    let isHeld = false
    const { world, store } = worldOf({
      settings: { page: { limit: 3, maxBytes: 1_000_000 } },
      delay: (what) => (what === 'drained' && isHeld ? held.promise : Promise.resolve()),
    })
    const first = world.connect({ user_id: 'carol' })
    world.request(first.session, ClientEvent.JoinChannel, 'devops')
    await turns()
    world.disconnect(first.session)
    await turns()
    for (const news of await elsewhere(store, DEVOPS, 9)) onNews(world.core, news)
    isHeld = true
    const carol = world.connect({ user_id: 'carol' })
    await turns()
    heartbeat(world.core, carol.session, 25_000)
    world.time.advance(10)
    world.request(carol.session, ClientEvent.JoinChannel, 'devops')
    await turns()
    expect(titles(carol.peer)).toHaveLength(3)
    await store.clear(DEVOPS)
    const [news] = await elsewhere(store, DEVOPS, 1)
    if (news === undefined) throw new Error('no news')
    onNews(world.core, { ...news, item: null })
    await settle(world)
    // The connection takes nothing more, but answers a ping: the first page has arrived, and nothing of the new log.
    world.time.advance(25_000)
    heartbeat(world.core, carol.session, 25_000)
    world.disconnect(carol.session)
    await turns()
    held.resolve()
    await turns()
    for (const one of await elsewhere(store, DEVOPS, 4)) onNews(world.core, one)
    const again = world.connect({ user_id: 'carol' })
    world.request(again.session, ClientEvent.JoinChannel, 'devops')
    await settle(world)
    const offsets = notifications(again.peer.frames, 'c:devops').map(({ offset }) => offset)
    expect(offsets).toEqual([1, 2, 3, 4, 5])
  })

  test('[G5] [P-JOIN-HEAD] a first join during which the loss is noticed is still a first one', async () => {
    let hold: ReturnType<typeof deferred<void>> | null = null
    const { world, store } = await ten({}, (real) => ({
      ...real,
      async cursors(questions) {
        const answers = await real.cursors(questions)
        if (questions.some(({ stream }) => stream.kind === 'channel')) await hold?.promise
        return answers
      },
    }))
    const carol = world.connect({ user_id: 'carol' })
    await turns()
    await store.putBack(DEVOPS, 7)
    hold = deferred<void>()
    world.request(carol.session, ClientEvent.JoinChannel, 'devops')
    await turns()
    await checkHeads(world.core)
    await settle(world)
    hold.resolve()
    hold = null
    await settle(world)
    const joined = carol.peer.frames.find(({ event }) => event === ServerEvent.ChannelJoined)
    expect([joined?.payload.recovered, titles(carol.peer)]).not.toEqual([false, TEN.slice(0, 7)])
  })
})

test('[P-MISSED-BROADCASTS] a reset brings no more broadcasts than a return does', async () => {
  const { world, store } = worldOf({ settings: { missedBroadcasts: 3 } })
  await elsewhere(store, BROADCASTS, 10)
  const guest = world.connect({})
  await turns()
  await store.putBack(BROADCASTS, 9)
  await checkHeads(world.core)
  await settle(world)
  expect(titles(guest.peer, 'b').length).toBeLessThanOrEqual(3)
})

describe('streams of users that fall silent', () => {
  test('[G2] a stream that is parked by its reset: what came meanwhile is delivered', async () => {
    let hold: ReturnType<typeof deferred<void>> | null = null
    const { world, store } = worldOf({}, (real) => ({
      ...real,
      async read(stream, query) {
        const page = await real.read(stream, query)
        if (stream.kind === 'user' && query.limit > 1 && 'after' in query && query.after === 7)
          await hold?.promise
        return page
      },
    }))
    const alice = world.connect({ user_id: 'alice', ...V2 })
    const bob = world.connect({})
    await turns()
    for (const title of TEN) {
      await burst(world, bob.session, [title], { to: { user: 'alice' } })
      world.time.advance(250)
      await turns()
    }
    const { epoch } = await store.read(OWN, { after: 0, limit: 1, maxBytes: 1 })
    world.request(alice.session, ClientEvent.AckNotifications, { u: { epoch, offset: 10 } })
    await turns()
    await store.putBack(OWN, 7)
    hold = deferred<void>()
    await checkHeads(world.core)
    await settle(world, 2)
    await burst(world, bob.session, ['8 again'], { to: { user: 'alice' } })
    hold.resolve()
    await settle(world)
    expect(titles(alice.peer, 'u')).toEqual([...TEN, '8 again'])
  })

  /** A hint comes while a connection of the user is on its way, and its reading ends after that. */
  async function readingWhileParked(isSecond: boolean) {
    let holdRead: ReturnType<typeof deferred<void>> | null = null
    let holdCursors: ReturnType<typeof deferred<void>> | null = null
    const { world, store } = worldOf({}, (real) => ({
      ...real,
      async read(stream, query) {
        const page = await real.read(stream, query)
        if (stream.kind === 'user') await holdRead?.promise
        return page
      },
      async cursors(questions) {
        const answers = await real.cursors(questions)
        await holdCursors?.promise
        return answers
      },
    }))
    await elsewhere(store, OWN, 10)
    const [head] = await store.heads([OWN])
    const auth = { user_id: 'alice', notifications: { version: 2, since: { u: head } } }
    const peers: TestPeer[] = []
    if (isSecond) {
      peers.push(world.connect(auth).peer)
      await turns()
    }
    holdCursors = deferred<void>()
    peers.push(world.connect(auth).peer)
    await turns()
    holdRead = deferred<void>()
    const [news] = await elsewhere(store, OWN, 1)
    if (news === undefined) throw new Error('no news')
    onNews(world.core, { ...news, item: null })
    await turns()
    holdCursors.resolve()
    await turns()
    holdRead.resolve()
    await settle(world)
    return { got: peers.map((peer) => titles(peer, 'u')), wanted: peers.map(() => idsOf([news])) }
  }

  test('[G2] a first connection does not park what is just being read', async () => {
    const { got, wanted } = await readingWhileParked(false)
    expect(got).toEqual(wanted)
  })

  test('[G2] nor does a second one', async () => {
    const { got, wanted } = await readingWhileParked(true)
    expect(got).toEqual(wanted)
  })
})

test('[G2] a hint that comes during a reading that could not see it is followed', async () => {
  let hold: ReturnType<typeof deferred<void>> | null = null
  const { world, store, two } = await ten({}, (real) => ({
    ...real,
    async read(stream, query) {
      const page = await real.read(stream, query)
      await hold?.promise
      return page
    },
  }))
  hold = deferred<void>()
  const [first] = await elsewhere(store, DEVOPS, 1)
  if (first === undefined) throw new Error('no news')
  onNews(world.core, { ...first, item: null })
  await turns()
  // The same one, as an item, and then the hint of the next: the reading is of before it.
  onNews(world.core, first)
  const [second] = await elsewhere(store, DEVOPS, 1)
  if (second === undefined) throw new Error('no news')
  onNews(world.core, { ...second, item: null })
  await turns()
  hold.resolve()
  await settle(world)
  expect(titles(two.peer).slice(10)).toEqual(idsOf([first, second]))
})

test('[G2] after an append of unknown outcome all of it is read, and not once for each entry', async () => {
  let reads = 0
  let isBroken = false
  const { world, one, two } = await ten(
    { settings: { page: { limit: 2, maxBytes: 1_000_000 } } },
    (real) => ({
      ...real,
      async append(entries) {
        const outcomes = await real.append(entries)
        if (isBroken) throw new Error('the answer was lost')
        return outcomes
      },
      read(stream, query) {
        reads += 1
        return real.read(stream, query)
      },
    }),
  )
  isBroken = true
  reads = 0
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  await burst(world, one.session, names)
  await settle(world)
  expect(titles(two.peer).slice(10)).toEqual(names)
  expect(reads).toBeLessThanOrEqual(4)
})
