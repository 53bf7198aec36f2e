/*
 * Nobody joins broadcasts and the user's own stream: what was missed of them follows connection-confirmed.
 * Ids: G1, G2, G8
 */
import { type StockClient, until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import type { NotificationsOptions } from '../../src/index.ts'
import { range } from './replay.ts'
import { as, keepSending, note, type Stage, stage, stock } from './stage.ts'

const titles = (client: StockClient) => client.all('notification-received').map(({ title }) => title)

async function missedBroadcasts(options: NotificationsOptions, count: number): Promise<Stage> {
  const played = await stage(options)
  const bob = stock(played.url, as('bob'))
  await bob.next('connection-confirmed')
  bob.close()
  await until(() => played.io.sockets.sockets.size === 0, 'the server notices')
  for (let n = 1; n <= count; n++) await played.notifications.send(note(null, `${n}`))
  return played
}

test('[G2] missed broadcasts follow connection-confirmed, exactly as counted', async () => {
  const played = await missedBroadcasts({}, 4)
  const bob = stock(played.url, as('bob'))
  const confirmed = await bob.next('connection-confirmed')
  expect(confirmed).toMatchObject({ userId: 'bob', pendingCount: 4, hasMore: false })
  expect(confirmed.streams.b).toMatchObject({ offset: 4, recovered: true })
  await bob.settle()
  expect(titles(bob)).toEqual(['1', '2', '3', '4'])
  expect(bob.all('notification-received').every((n) => n.replayed === true && n.channel === null)).toBe(true)
})

test('[G1] broadcasts that go on meanwhile wait for their turn, for this one alone', async () => {
  const played = await missedBroadcasts({ limits: { pageItems: 8 } }, 30)
  const witness = stock(played.url)
  await witness.next('connection-confirmed')
  const stop = keepSending(witness, null, 31)
  await until(() => witness.all('notification-received').length >= 3, 'some live ones')
  const bob = stock(played.url, as('bob'))
  await bob.next('notification-received', (n) => n.replayed === undefined)
  await stop()
  const { offset } = await played.notifications.send(note(null, 'last'))
  for (const client of [bob, witness]) await client.next('notification-received', (n) => n.title === 'last')
  expect((await bob.next('connection-confirmed')).hasMore).toBe(true)
  expect(bob.all('notification-received').map((n) => n.offset)).toEqual(range(1, offset))
  expect(witness.all('notification-received').map((n) => n.offset)).toEqual(range(31, offset))
})

test('[G2] whoever missed too many broadcasts gets the last ones, and is told', async () => {
  const played = await missedBroadcasts({ limits: { missedBroadcasts: 3 } }, 10)
  const bob = stock(played.url, as('bob'))
  const { pendingCount, streams } = await bob.next('connection-confirmed')
  expect(pendingCount).toBe(3)
  expect(streams.b).toMatchObject({ recovered: false, reason: 'trimmed' })
  await bob.settle()
  expect(titles(bob)).toEqual(['8', '9', '10'])
})

test('[G2] what is for a user waits for the first connection, and reaches every connection of that user', async () => {
  const { url, notifications } = await stage()
  const personal = (title: string) => ({ to: { user: 'bob' }, title, message: 'm' })
  await notifications.send(personal('before you came'))
  const bob = stock(url, as('bob'))
  const confirmed = await bob.next('connection-confirmed')
  expect(confirmed).toMatchObject({ pendingCount: 1, streams: { u: { offset: 1 } } })
  expect(await bob.next('notification-received')).toMatchObject({
    title: 'before you came',
    channel: null,
    stream: 'u',
    replayed: true,
  })
  const tab = stock(url, as('bob'))
  await tab.next('connection-confirmed')
  await notifications.send(personal('live'))
  for (const client of [bob, tab]) await client.next('notification-received', (n) => n.title === 'live')
})

test('[G8] what is for a user reaches nobody else', async () => {
  const { url } = await stage()
  const others = [stock(url), stock(url, as('alice')), stock(url, as('u:bob')), stock(url, as('bobby'))]
  const bob = stock(url, as('bob'))
  for (const client of [...others, bob]) {
    client.emit('join-channel', 'bob')
    client.emit('join-channel', 'u:bob')
    await client.next('channel-joined')
    await client.next('channel-joined')
  }
  others[0]?.emit('send-notification', { to: { user: 'bob' }, title: 'secret', message: 'm' })
  expect(await others[0]?.next('notification-sent')).toMatchObject({ channel: null, stream: 'u' })
  await bob.next('notification-received')
  await Promise.all(others.map((client) => client.settle()))
  expect(others.flatMap(titles)).toEqual([])
  const late = stock(url, as('alice'))
  expect((await late.next('connection-confirmed')).pendingCount).toBe(0)
})
