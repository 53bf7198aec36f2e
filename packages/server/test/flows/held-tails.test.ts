/* While a tail is held until its log has been looked at, nothing is lost, late for ever, or told of another log. */
import { createMemoryStore } from '@carillon/store'
import { deferred, nextTurn, turns } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { checkHeads, onGap, onNews, onSilence } from '../../src/flows/news.ts'
import {
  burst,
  DEVOPS,
  elsewhere,
  idsOf,
  refused,
  settle,
  TEN,
  ten,
  titles,
  V2,
  withOutages,
} from './put-back-world.ts'
import { ClientEvent, oneByOne, ServerEvent, type TestPeer } from './world.ts'

function heard({ frames }: TestPeer): string[] {
  return oneByOne(frames)
    .flatMap(({ event, payload }) => {
      if (event === ServerEvent.StreamReset) return [`reset to ${payload.offset} (${payload.reason})`]
      return event === ServerEvent.NotificationReceived ? [String(payload.title)] : []
    })
    .slice(TEN.length)
}
test('[G5] what waits for a look does not go out unlooked when everything ends', async () => {
  const { world, store, one, two, set } = await withOutages()
  set(true)
  await burst(world, one.session, ['refused'])
  await store.putBack(DEVOPS, 7)
  await elsewhere(store, DEVOPS, 3)
  set(false)
  world.time.advance(100)
  await burst(world, one.session, ['11'])
  // The farewell takes its time, and timers are cancelled after it.
  world.core.isClosing = true
  world.time.advance(110)
  await turns()
  const first = heard(two.peer)[0]
  expect(first === undefined || first.startsWith('reset')).toBe(true)
})

test('[G2] a gap in the news holds nothing up: only where nobody was heard may there be another log', async () => {
  const { world, one, two } = await ten()
  const { gaps } = world.core
  const checked = onGap(world.core)
  expect(world.core.gaps).toBe(gaps)
  await burst(world, one.session, ['11'])
  expect(heard(two.peer)).toEqual(['11'])
  await checked
  onSilence(world.core)
  expect(world.core.gaps).toBeGreaterThan(gaps)
})

test('[G2] what is trimmed while it waits for a look has been told, and goes out', async () => {
  const own = createMemoryStore({ maxItemsPerStream: 20 })
  const { world, one, two, set } = await withOutages(() => own)
  set(true)
  await burst(world, one.session, ['refused'])
  set(false)
  const names = Array.from({ length: 50 }, (_, n) => `n${n}`)
  for (const name of names) {
    await burst(world, one.session, [name])
    world.time.advance(3)
    await turns(2)
  }
  await settle(world)
  expect(heard(two.peer)).toEqual(names)
})

/** Reads take 20 ms of the clock; the append answers at once. */
async function slowReads() {
  const own = createMemoryStore({ maxItemsPerStream: 1_000_000 })
  let isSlow = false
  let isDown = false
  let clock: ((ms: number, run: () => void) => unknown) | null = null
  const played = await ten({}, () => ({
    ...own,
    append: async (entries) => (isDown ? entries.map(refused) : await own.append(entries)),
    async read(stream, query) {
      const page = await own.read(stream, query)
      if (isSlow && stream.name === 'devops') await new Promise<void>((resolve) => void clock?.(20, resolve))
      return page
    },
  }))
  clock = played.world.time.after
  return {
    ...played,
    own,
    slow() {
      isSlow = true
    },
    down(is: boolean) {
      isDown = is
    },
  }
}

test('[G2] a look at a busy stream ends, however slow its pages are', async () => {
  const { world, one, two, own, slow, down } = await slowReads()
  slow()
  down(true)
  await burst(world, one.session, ['refused'])
  down(false)
  let sent = 0
  const lags: number[] = []
  // 6,000 a second for four seconds; a page of 100 takes 20 ms.
  for (let ms = 0; ms < 4_000; ms += 10) {
    const news = await elsewhere(own, DEVOPS, 60)
    for (const it of news) onNews(world.core, it)
    sent += 60
    await world.time.advanceAndSettle(10)
    if (ms % 500 === 490) lags.push(sent - heard(two.peer).length)
  }
  expect(lags.at(-1)).toBeLessThan(500)
  for (let n = 0; n < 400; n++) await world.time.advanceAndSettle(10)
  expect(heard(two.peer).length).toBe(sent)
}, 60_000)

test('[G2] the heads of all other streams are checked while a busy one is looked at', async () => {
  const { world, one, two, own, slow, down } = await slowReads()
  world.request(two.session, ClientEvent.JoinChannel, 'other')
  await turns()
  slow()
  down(true)
  await burst(world, one.session, ['refused'])
  down(false)
  await elsewhere(own, { ...DEVOPS, name: 'other' }, 1)
  let isChecked = false
  const onChecked = (): void => {
    isChecked = true
  }
  for (let ms = 0; ms < 3_000; ms += 10) {
    for (const it of await elsewhere(own, DEVOPS, 60)) onNews(world.core, it)
    if (ms === 100) void onGap(world.core).then(onChecked)
    if (ms === 500) await elsewhere(own, { ...DEVOPS, name: 'other' }, 1)
    if (ms === 600) void checkHeads(world.core)
    await world.time.advanceAndSettle(10)
  }
  expect([isChecked, titles(two.peer, 'c:other').length]).toEqual([true, 2])
}, 60_000)

test('[G2] what finds no room while a look reads is read after it', async () => {
  const own = createMemoryStore({ maxItemsPerStream: 100_000 })
  const waits: { read?: Promise<void> } = {}
  const { world, one, two, set } = await withOutages(() => ({
    ...own,
    async read(stream, query) {
      const page = await own.read(stream, query)
      await waits.read
      return page
    },
  }))
  set(true)
  await burst(world, one.session, ['refused'])
  set(false)
  const read = deferred<void>()
  waits.read = read.promise
  world.time.advance(210)
  await turns()
  const news = await elsewhere(own, DEVOPS, 1_500)
  for (const it of news) onNews(world.core, it)
  await turns()
  read.resolve()
  await settle(world, 100)
  expect(heard(two.peer).length).toBe(1_500)
})

test('[G5] a log that is put back a second time before anything new came is told a second time', async () => {
  const { world, store, one, two, set } = await withOutages()
  await store.putBack(DEVOPS, 7)
  const first = await elsewhere(store, DEVOPS, 3)
  onSilence(world.core)
  await onGap(world.core)
  await settle(world)
  expect(heard(two.peer)).toEqual(['reset to 7 (id-mismatch)', ...idsOf(first)])
  set(true)
  await burst(world, one.session, ['refused'])
  await store.putBack(DEVOPS, 7)
  const second = await elsewhere(store, DEVOPS, 3)
  set(false)
  onSilence(world.core)
  await onGap(world.core)
  await settle(world)
  await burst(world, one.session, ['11'])
  await settle(world)
  await checkHeads(world.core)
  await settle(world)
  expect(heard(two.peer).slice(4)).toEqual([expect.stringContaining('reset'), ...idsOf(second), '11'])
})

test('[G2] [G6] a page of the lost log is not served again from the pages that were made', async () => {
  const { world, store, two } = await withOutages()
  const { items, epoch } = await store.read(DEVOPS, { after: 6, limit: 1, maxBytes: 1 })
  // Somebody comes back who missed three.
  const carol = world.connect({ user_id: 'carol', ...V2 })
  await turns()
  world.request(carol.session, ClientEvent.JoinChannel, 'devops', {
    since: { epoch, offset: 7, id: items[0]?.id },
  })
  await turns()
  expect(titles(carol.peer)).toEqual(['8', '9', '10'])
  await store.putBack(DEVOPS, 7)
  const news = await elsewhere(store, DEVOPS, 3)
  onSilence(world.core)
  await onGap(world.core)
  await settle(world)
  expect(heard(two.peer)).toEqual(['reset to 7 (id-mismatch)', ...idsOf(news)])
})

test('[G5] a tail whose last item expired unheard remembers others, and is held', async () => {
  const { world, store, one, two, set } = await withOutages()
  const content = { type: 'info', title: 'brief', message: 'm', data: null, sender: 'Bob' } as const
  const [brief] = await store.append([
    { stream: DEVOPS, id: 'brief', content, bytes: 1, ttlMs: 1, sender: 'bob', key: 'brief', hash: '' },
  ])
  if (brief?.outcome !== 'written') throw new Error('not written')
  while ((await store.read(DEVOPS, { after: 10, limit: 1, maxBytes: 1 })).items.length > 0) await nextTurn()
  onNews(world.core, { stream: DEVOPS, epoch: brief.epoch, head: brief.offset, item: null })
  await settle(world)
  expect([...world.core.tails.values()].map(({ offset }) => offset)).toContain(11)
  set(true)
  await burst(world, one.session, ['refused'])
  await store.putBack(DEVOPS, 7)
  const news = await elsewhere(store, DEVOPS, 4)
  set(false)
  await burst(world, one.session, ['12'])
  expect(heard(two.peer)).toEqual([])
  await settle(world)
  expect(heard(two.peer)).toEqual(['reset to 7 (id-mismatch)', ...idsOf(news), '12'])
})

test('[G1] what the socket sent before it left is delivered first', async () => {
  const { world, one, set } = await withOutages()
  set(true)
  await burst(world, one.session, ['refused'])
  set(false)
  world.request(one.session, ClientEvent.SendNotification, { channel: 'devops', title: '11', message: 'm' })
  world.request(one.session, ClientEvent.LeaveChannel, 'devops')
  await turns()
  await settle(world)
  expect(titles(one.peer)).toContain('11')
})

test('[G9] nothing is left of looks when all is over', async () => {
  const { world, one, two, set } = await withOutages()
  for (let n = 0; n < 5; n++) {
    set(true)
    await burst(world, one.session, ['refused'])
    set(false)
    onSilence(world.core)
    await burst(world, one.session, [`x${n}`])
    await settle(world, 1)
  }
  set(true)
  await burst(world, one.session, ['refused'])
  for (const { session } of [one, two]) world.request(session, ClientEvent.LeaveChannel, 'devops')
  await turns()
  set(false)
  await settle(world, 200)
  const { tails, suspects, healing, timers, reading } = world.core
  expect([...tails.keys()]).toEqual(['b'])
  expect([suspects.size, healing.size, timers.size, reading.size]).toEqual([0, 0, 0, 0])
  for (const { session } of [one, two]) world.disconnect(session)
  await settle(world, 200)
  expect(world.time.pending()).toBe(0)
})
