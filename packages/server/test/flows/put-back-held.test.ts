/*
 * A log that was put back, with readers who might be cut off at any moment: nothing of the new log goes out before the
 * word that the old one is lost. Whoever had got it would come back with a place that fits.
 */
import type { News, NotificationStore } from '@carillon/store'
import { deferred, turns } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import { checkHeads, onGap, onNews, onSilence } from '../../src/flows/news.ts'
import {
  burst,
  DEVOPS,
  elsewhere,
  idsOf,
  resets,
  settle,
  TEN,
  ten,
  titles,
  withOutages,
} from './put-back-world.ts'
import { oneByOne, ServerEvent, type TestPeer, type WorldOptions } from './world.ts'

/** What somebody was told of the channel after the ten: resets by their offset, notifications by their title. */
function heard({ frames }: TestPeer): string[] {
  return oneByOne(frames)
    .flatMap(({ event, payload }) => {
      if (event === ServerEvent.StreamReset) return [`reset to ${payload.offset}`]
      return event === ServerEvent.NotificationReceived ? [String(payload.title)] : []
    })
    .slice(TEN.length)
}

const hintOf = (news: News): News => ({ ...news, item: null })
const last = (news: readonly News[]): News => {
  const one = news.at(-1)
  if (one === undefined) throw new Error('no news')
  return one
}

test('[G5] an own append proves it, and the next one stands above the old end: it waits for the word', async () => {
  const { world, store, one, two } = await ten()
  await store.putBack(DEVOPS, 7)
  await burst(world, one.session, ['8 again'])
  const news = await elsewhere(store, DEVOPS, 2)
  await burst(world, one.session, ['11'])
  expect(heard(two.peer)).toEqual([])
  await settle(world)
  expect(heard(two.peer)).toEqual(['reset to 7', '8 again', ...idsOf(news), '11'])
})

test('[G5] so does news of another notification at the place of the last', async () => {
  const { world, store, two } = await ten()
  await store.putBack(DEVOPS, 7)
  const news = await elsewhere(store, DEVOPS, 4)
  for (const one of news.slice(2)) onNews(world.core, one)
  await turns()
  expect(heard(two.peer)).toEqual([])
  await settle(world)
  expect(heard(two.peer)).toEqual(['reset to 7', ...idsOf(news)])
})

describe('while a page is read that shows it', () => {
  /** Reads wait, the pages by themselves and the glances of the search by themselves. */
  async function withHeldReads(options: WorldOptions = {}) {
    const waits: { page?: Promise<void>; glance?: Promise<void> } = {}
    const spoil = (real: NotificationStore): NotificationStore => ({
      ...real,
      async read(stream, query) {
        const page = await real.read(stream, query)
        await (query.limit > 1 ? waits.page : waits.glance)
        return page
      },
    })
    return { ...(await ten(options, spoil)), waits }
  }

  test('[G5] what came since the question is no proof that the log is the same up to there', async () => {
    // All of it within one moment: of each moment only the last is remembered.
    const marks = { bucketMs: 60_000, keepMs: 70_000 }
    const { world, store, two, waits } = await withHeldReads({ settings: { marks } })
    await store.putBack(DEVOPS, 7)
    const news = await elsewhere(store, DEVOPS, 4)
    const read = deferred<void>()
    waits.page = read.promise
    onNews(world.core, hintOf(last(news)))
    await turns()
    onNews(world.core, last(news))
    await turns()
    read.resolve()
    await settle(world)
    expect(resets(two.peer.frames)).toMatchObject([{ offset: 0 }])
    expect(titles(two.peer).slice(-4)).toEqual(idsOf(news))
  })

  test('[G5] nothing more goes out until it is known how much was lost', async () => {
    const { world, store, two, waits } = await withHeldReads()
    await store.putBack(DEVOPS, 7)
    const news = await elsewhere(store, DEVOPS, 4)
    const search = deferred<void>()
    waits.glance = search.promise
    onNews(world.core, hintOf(last(news)))
    await turns()
    onNews(world.core, last(news))
    await turns()
    expect(heard(two.peer)).toEqual([])
    search.resolve()
    await settle(world)
    expect(heard(two.peer)).toEqual(['reset to 7', ...idsOf(news)])
  })
})

test('[G2] what the heads tell while a look is under way that could not see it is read', async () => {
  const waits: { read?: Promise<void> } = {}
  const { world, store, one, two } = await ten({}, (real) => ({
    ...real,
    async read(stream, query) {
      const page = await real.read(stream, query)
      await waits.read
      return page
    },
  }))
  const read = deferred<void>()
  waits.read = read.promise
  onSilence(world.core)
  await burst(world, one.session, ['11'])
  world.time.advance(250)
  await turns()
  const news = await elsewhere(store, DEVOPS, 1)
  const checked = checkHeads(world.core)
  await turns()
  read.resolve()
  await checked
  await turns()
  expect(heard(two.peer)).toEqual(['11', ...idsOf(news)])
})

describe('after an outage', () => {
  test('[G5] what a node sends first, right above the old end, waits for the word', async () => {
    const { world, store, one, two, set } = await withOutages()
    set(true)
    await burst(world, one.session, ['refused'])
    await store.putBack(DEVOPS, 7)
    const news = await elsewhere(store, DEVOPS, 3)
    set(false)
    await burst(world, one.session, ['11'])
    expect(heard(two.peer)).toEqual([])
    await settle(world)
    expect(heard(two.peer)).toEqual(['reset to 7', ...idsOf(news), '11'])
  })

  test('[G5] when the store is heard of again, it is looked at without waiting', async () => {
    const { world, store, one, two, set } = await withOutages()
    set(true)
    await burst(world, one.session, ['refused'])
    await settle(world, 2)
    await store.putBack(DEVOPS, 7)
    const news = await elsewhere(store, DEVOPS, 3)
    set(false)
    await onGap(world.core)
    await turns()
    expect(heard(two.peer)).toEqual(['reset to 7', ...idsOf(news)])
  })

  test('[G5] whoever sent nothing meanwhile looks as well before it delivers', async () => {
    const { world, store, two } = await ten()
    await store.putBack(DEVOPS, 7)
    const news = await elsewhere(store, DEVOPS, 4)
    onSilence(world.core)
    const checked = onGap(world.core)
    onNews(world.core, last(news))
    expect(heard(two.peer)).toEqual([])
    await checked
    await settle(world)
    expect(heard(two.peer)).toEqual(['reset to 7', ...idsOf(news)])
  })

  test('[G5] and so does its first send, before the news are heard again', async () => {
    const { world, store, one, two } = await ten()
    onSilence(world.core)
    await store.putBack(DEVOPS, 7)
    const news = await elsewhere(store, DEVOPS, 3)
    await burst(world, one.session, ['11'])
    expect(heard(two.peer)).toEqual([])
    await settle(world)
    expect(heard(two.peer)).toEqual(['reset to 7', ...idsOf(news), '11'])
  })

  test('[G2] once it has been looked at, everything goes out at once again', async () => {
    const { world, one, two } = await ten()
    await onGap(world.core)
    await turns()
    await burst(world, one.session, ['11', '12'])
    expect(heard(two.peer)).toEqual(['11', '12'])
  })

  test('[G5] a place that was seen in the store before counts for nothing', async () => {
    const { world, store, two } = await ten()
    await checkHeads(world.core)
    await settle(world)
    await store.putBack(DEVOPS, 7)
    const news = await elsewhere(store, DEVOPS, 3)
    onSilence(world.core)
    await onGap(world.core)
    await settle(world)
    expect(heard(two.peer)).toEqual(['reset to 7', ...idsOf(news)])
  })

  test('[G2] [G3] the log is the same: what waited goes out once, in order, without a word', async () => {
    const { world, store, one, two, set } = await withOutages()
    set(true)
    await burst(world, one.session, ['refused'])
    set(false)
    const news = await elsewhere(store, DEVOPS, 3)
    for (const it of [...news].reverse()) onNews(world.core, it)
    await burst(world, one.session, ['14'])
    await settle(world)
    expect(heard(two.peer)).toEqual([...idsOf(news), '14'])
  })

  test('[G2] a store that fails again and again delays what comes, and holds nothing back for ever', async () => {
    const { world, store, one, two, set } = await withOutages()
    const sent: News[] = []
    for (let n = 0; n < 20; n++) {
      set(true)
      await burst(world, one.session, ['refused'])
      set(false)
      const news = await elsewhere(store, DEVOPS, 1)
      onNews(world.core, last(news))
      sent.push(...news)
      world.time.advance(100)
      await turns()
    }
    expect(heard(two.peer).length).toBeGreaterThan(15)
    await settle(world)
    expect(heard(two.peer)).toEqual(idsOf(sent))
  })
})

test('[G5] an answer that crosses the word is no proof of another loss', async () => {
  let hold: ReturnType<typeof deferred<void>> | null = null
  const { world, store, one, two } = await ten({}, (real) => ({
    ...real,
    async append(entries) {
      const outcomes = await real.append(entries)
      await hold?.promise
      return outcomes
    },
  }))
  await store.putBack(DEVOPS, 7)
  hold = deferred<void>()
  await burst(world, one.session, ['8 again'])
  await checkHeads(world.core)
  await settle(world)
  hold.resolve()
  await settle(world)
  expect(heard(two.peer)).toEqual(['reset to 7', '8 again'])
})
