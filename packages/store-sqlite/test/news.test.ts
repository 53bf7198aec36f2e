import { rmSync } from 'node:fs'
import type { News, NotificationStore, StoreListener } from '@carillon/store'
import { until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { openDesk } from './desk.ts'
import { appendAll, entries, entry, stream, upTo } from './entries.ts'
import { openStore, temporaryFile } from './open.ts'
import { watchWorkers } from './workers.ts'

interface Heard extends StoreListener {
  readonly news: News[]
  gaps: number
}

/** Listens from a moment on that the store has named. */
async function listen(store: NotificationStore): Promise<Heard> {
  const heard: Heard = {
    news: [],
    gaps: 0,
    onNews: (news) => void heard.news.push(news),
    onGap: () => {
      heard.gaps += 1
    },
  }
  store.listen?.(heard)
  await until(() => heard.gaps > 0, 'the first gap')
  return heard
}

const POLL = { pollMs: 5 }

test('[SQ11] what others commit is told in the order of the commits, whatever there is of it', async () => {
  const { file } = temporaryFile()
  const [near, far] = [openStore(file, POLL), openStore(file)]
  const heard = await listen(near)
  // More than goes into one page of news.
  await appendAll(
    far,
    upTo(450).map((at) => entry({ stream: stream(`s${at % 3}`) })),
  )
  await until(() => heard.news.length >= 450, 'all news')
  expect(heard.news.map(({ item }) => item?.content.message)).toHaveLength(new Set(heard.news).size)
  for (const name of ['s0', 's1', 's2']) {
    const heads = heard.news.filter((news) => news.stream.name === name).map(({ head }) => head)
    expect(heads).toEqual(upTo(150))
  }
})

test('[SQ11] what the store appended itself is not told', async () => {
  const { file } = temporaryFile()
  const [near, far] = [openStore(file, POLL), openStore(file)]
  const heard = await listen(near)
  await appendAll(near, entries(20))
  await appendAll(far, [entry({ id: 'theirs' })])
  await until(() => heard.news.length > 0, 'news')
  expect(heard.news.map(({ item }) => item?.id)).toEqual(['theirs'])
})

test('[SQ11] who begins to listen later is told so too', async () => {
  const store = openStore(temporaryFile().file, POLL)
  const first = await listen(store)
  const second = await listen(store)
  expect([first.gaps, second.gaps]).toEqual([1, 1])
})

test('[SQ12] nothing is missed when the reader is lost, however much was written meanwhile', async () => {
  const { file } = temporaryFile()
  const workers = watchWorkers()
  const far = openStore(file)
  await far.durability()
  const near = openStore(file, POLL)
  const heard = await listen(near)
  const reader = workers.last('reader')
  await reader.terminate()
  await appendAll(far, entries(30))
  await until(() => heard.news.length >= 30, 'what was written while nobody read')
  expect(heard.news.map(({ head }) => head)).toEqual(upTo(30))
})

test('[SQ12] a listener that throws harms nobody', async () => {
  const { file } = temporaryFile()
  const [near, far] = [openStore(file, POLL), openStore(file)]
  const fail = (): never => {
    throw new Error('a broken promise')
  }
  near.listen?.({ onNews: fail, onGap: fail })
  const heard = await listen(near)
  await appendAll(far, [entry()])
  await until(() => heard.news.length === 1, 'news for the other')
})

test('[SQ13] whoever may have missed something is told: a user who was forgotten', async () => {
  const { file } = temporaryFile()
  const [near, far] = [openStore(file, POLL), openStore(file)]
  await appendAll(far, [entry({ stream: stream('bob', 'user') })])
  const heard = await listen(near)
  await far.forget('/', 'bob')
  await until(() => heard.gaps === 2, 'a gap')
})

test('[SQ13] whoever may have missed something is told: a file that was wiped while it was in use', async () => {
  const { file } = temporaryFile()
  const [near, far] = [openStore(file, POLL), openStore(file)]
  const [before] = await appendAll(near, entries(3))
  await appendAll(far, entries(3))
  const heard = await listen(near)
  for (const end of ['-wal', '-shm', '']) rmSync(`${file}${end}`, { force: true })
  const [after] = await appendAll(far, [entry()])
  expect(after?.offset).toBe(1)
  expect(after?.epoch).not.toBe(before?.epoch)
  await until(() => heard.gaps === 2, 'a gap')
  expect(await near.heads([stream()])).toEqual([{ epoch: after?.epoch, offset: 1 }])
  expect((await appendAll(near, [entry()]))[0]?.offset).toBe(2)
})

test('[SQ13] places: far behind, in another database, ahead of a restored one, and trimmed in between', () => {
  const { file } = temporaryFile()
  const desk = openDesk(file, { maxItemsPerStream: 100_000 })
  const start = desk.since(null)
  expect(start).toEqual({ place: { database: expect.any(String), seq: 0 }, news: [], isGap: true })
  const place = start?.place ?? { database: '', seq: 0 }
  expect(desk.since(place)).toBeNull()
  desk.append(entries(50))
  // Its own appends are passed over, and are no gap.
  expect(desk.since(place)).toBeNull()
  const other = openDesk(file, { maxItemsPerStream: 100_000 })
  expect(other.since(place)).toMatchObject({ isGap: false, news: { length: 50 } })
  const now = other.since(null)?.place ?? place
  expect(other.since({ ...now, database: 'another' })).toMatchObject({ isGap: true, news: [] })
  expect(other.since({ ...now, seq: now.seq + 1 })).toMatchObject({ isGap: true, place: now })
  const tight = openDesk(file, { maxItemsPerStream: 10 })
  tight.append(entries(30))
  tight.append(entries(30))
  expect(other.since(now)).toMatchObject({ isGap: true })
  desk.append(entries(11_000))
  expect(other.since(now)).toMatchObject({ isGap: true, news: [] })
})
