/*
 * Pages of a stream, and joins that begin before the head.
 * Ids: P-HISTORY, P-HISTORY-RIGHT, P-REWIND, P-EXPIRES-AT
 */
import type { Answer, HistoryPage } from '@carillon/protocol'
import type { RawClient } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { createMemoryStore, type NotificationsHandle } from '../../src/index.ts'
import { lastJoin, range } from './replay.ts'
import { as, note, raw, stage } from './stage.ts'

async function send(
  notifications: NotificationsHandle,
  channel: string | null,
  count: number,
): Promise<void> {
  for (const n of range(1, count)) await notifications.send(note(channel, `${n}`))
}

async function history(client: RawClient, query: object): Promise<Answer<HistoryPage>> {
  return (await client.sendEventWithAck('get-history', query)) as Answer<HistoryPage>
}

async function page(client: RawClient, query: object): Promise<HistoryPage & { offsets: number[] }> {
  const answer = await history(client, query)
  if (!answer.ok) throw new Error(answer.code)
  return { ...answer, offsets: answer.items.map(({ offset }) => offset) }
}

test('[P-HISTORY] pages are read in both directions, and the last one without any', async () => {
  const { url, notifications } = await stage()
  await send(notifications, 'devops', 10)
  const client = raw(url)
  const last = await page(client, { stream: 'c:devops', limit: 4 })
  expect(last).toMatchObject({ stream: 'c:devops', head: 10, base: 0, hasMore: true, offsets: [7, 8, 9, 10] })
  expect(last.items[0]).toMatchObject({ title: '7', channel: 'devops', replayed: true, epoch: last.epoch })
  const older = await page(client, { stream: 'c:devops', before: 3, limit: 4 })
  expect(older).toMatchObject({ hasMore: false, offsets: [1, 2] })
  const newer = await page(client, { stream: 'c:devops', after: 4, limit: 4 })
  expect(newer).toMatchObject({ hasMore: true, offsets: [5, 6, 7, 8] })
  expect(await page(client, { stream: 'c:devops', after: 8 })).toMatchObject({
    hasMore: false,
    offsets: [9, 10],
  })
  expect(await page(client, { stream: 'c:nobody' })).toMatchObject({ head: 0, offsets: [], hasMore: false })
})

test('[P-HISTORY] what was trimmed is told by the base, and nothing before it is promised', async () => {
  const { url, notifications } = await stage({ store: createMemoryStore({ maxItemsPerStream: 3 }) })
  await send(notifications, 'devops', 10)
  const client = raw(url)
  expect(await page(client, { stream: 'c:devops', after: 0 })).toMatchObject({ base: 7, offsets: [8, 9, 10] })
  expect(await page(client, { stream: 'c:devops', limit: 2 })).toMatchObject({
    hasMore: true,
    offsets: [9, 10],
  })
  expect(await page(client, { stream: 'c:devops', before: 9 })).toMatchObject({
    hasMore: false,
    offsets: [8],
  })
})

test('[P-HISTORY] it moves no cursor and joins nothing', async () => {
  const { url, notifications } = await stage()
  const client = raw(url, as('alice'))
  await send(notifications, 'devops', 3)
  await page(client, { stream: 'c:devops' })
  await notifications.send(note('devops', 'live'))
  await client.settle()
  expect(client.all('notification-received')).toEqual([])
  expect(await notifications.channels()).toEqual([])
})

test('[P-HISTORY-RIGHT] each reads the own stream, and of the others what authorize allows', async () => {
  const asked: unknown[] = []
  const { url, notifications } = await stage({
    authorize: ({ action, channel, user }) => {
      asked.push([action, channel, user.userId])
      return channel !== 'secret'
    },
  })
  await notifications.send({ to: { user: 'alice' }, title: 'for alice', message: 'm' })
  const alice = raw(url, as('alice'))
  const bob = raw(url, as('bob'))
  const guest = raw(url)
  expect((await page(alice, { stream: 'u' })).items.map(({ title }) => title)).toEqual(['for alice'])
  expect((await page(bob, { stream: 'u' })).items).toEqual([])
  expect(await history(guest, { stream: 'u' })).toMatchObject({ ok: false, code: 'not-allowed' })
  expect(await history(alice, { stream: 'c:secret' })).toMatchObject({ ok: false, code: 'not-allowed' })
  expect(await history(alice, { stream: 'b' })).toMatchObject({ ok: true })
  expect(asked).toEqual([
    ['history', 'secret', 'alice'],
    ['history', null, 'alice'],
  ])
})

test('[P-REWIND] a first join begins so many before the head, and what follows is live', async () => {
  const { url, notifications } = await stage()
  await send(notifications, 'devops', 10)
  const client = raw(url, as('alice'))
  await client.sendEventWithAck('join-channel', 'devops', { rewind: 3 })
  await notifications.send(note('devops', 'live'))
  await client.next('notification-received', ({ title }) => title === 'live')
  const { joined, items } = lastJoin(client, 'devops')
  expect(joined).toMatchObject({ pendingCount: 3, hasMore: false })
  expect(joined).not.toHaveProperty('recovered')
  expect(items.map(({ offset }) => offset)).toEqual([8, 9, 10, 11])
  expect(items.map(({ replayed }) => replayed ?? false)).toEqual([true, true, true, false])
})

test('[P-REWIND] a rewind beyond the beginning gets what there is', async () => {
  const { url, notifications } = await stage({ store: createMemoryStore({ maxItemsPerStream: 3 }) })
  await send(notifications, 'devops', 5)
  const client = raw(url)
  await client.sendEventWithAck('join-channel', 'devops', { rewind: 100 })
  await client.settle()
  expect(lastJoin(client, 'devops').items.map(({ offset }) => offset)).toEqual([3, 4, 5])
})

test('[P-REWIND] who returns is not rewound, unless the position is lost', async () => {
  const { url, notifications } = await stage()
  await send(notifications, 'devops', 10)
  const first = raw(url)
  const { epoch } = await page(first, { stream: 'c:devops' })
  const join = async (since: object) => {
    const client = raw(url)
    await client.sendEventWithAck('join-channel', 'devops', { since, rewind: 2 })
    await client.settle()
    const { joined, items } = lastJoin(client, 'devops')
    return { recovered: joined.recovered, reason: joined.reason, offsets: items.map(({ offset }) => offset) }
  }
  expect(await join({ epoch, offset: 5 })).toEqual({ recovered: true, offsets: range(6, 10) })
  expect(await join({ epoch: 'lost', offset: 5 })).toEqual({
    recovered: false,
    reason: 'epoch',
    offsets: [9, 10],
  })
})

test('[P-EXPIRES-AT] a time is what ttl is, and one that has passed is refused', async () => {
  const { url } = await stage()
  const client = raw(url, as('alice'))
  const draft = note('devops', 'soon over')
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
  expect(await client.sendEventWithAck('send-notification', { ...draft, expiresAt })).toMatchObject({
    ok: true,
  })
  const [item] = (await page(client, { stream: 'c:devops' })).items
  expect(Math.abs(Date.parse(item?.expiresAt ?? '') - Date.parse(expiresAt))).toBeLessThan(5_000)
  const past = await client.sendEventWithAck('send-notification', {
    ...draft,
    expiresAt: '2020-01-01T00:00:00Z',
  })
  expect(past).toMatchObject({ ok: false, code: 'already-expired' })
  const both = await client.sendEventWithAck('send-notification', { ...draft, expiresAt, ttl: 5 })
  expect(both).toMatchObject({ ok: false, code: 'fields-exclusive' })
  const nonsense = await client.sendEventWithAck('send-notification', { ...draft, expiresAt: 'tomorrow' })
  expect(nonsense).toMatchObject({ ok: false, code: 'field-type' })
  expect((await page(client, { stream: 'c:devops' })).items).toHaveLength(1)
})
