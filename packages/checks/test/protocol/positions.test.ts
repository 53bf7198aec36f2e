import { deferred, type StockClient, until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { ALICE, asV2, note, type Stage, stage, titlesOf } from './stage.ts'

const sendTo = async ({ notifications }: Stage, channel: string, ...titles: string[]): Promise<string> => {
  let last = ''
  for (const title of titles) last = (await notifications.send(note(title, { channel }))).epoch
  return last
}

const broadcast = async ({ notifications }: Stage, ...titles: string[]): Promise<void> => {
  for (const title of titles) await notifications.send(note(title))
}

test('[P-CURSOR] ack-notifications moves the cursor, never back and not in another epoch', async () => {
  const set = await stage()
  const { client } = await set.rejoin(asV2(ALICE), 'devops')
  const epoch = await sendTo(set, 'devops', 'one', 'two', 'three')
  const ack = (position: object) => client.ask('ack-notifications', { 'c:devops': position })
  expect(await ack({ epoch, offset: 2 })).toEqual({ ok: true })
  expect(await ack({ epoch, offset: 1 })).toEqual({ ok: true })
  expect(await ack({ epoch: 'another', offset: 3 })).toEqual({ ok: true })
  await set.goAway(client)
  expect(await set.rejoin(ALICE, 'devops')).toMatchObject({ titles: ['three'] })
})

test('[P-CURSOR] a guest has none, and is answered', async () => {
  const { connect } = await stage()
  expect(await connect().ask('ack-notifications', { b: { epoch: 'e', offset: 1 } })).toEqual({ ok: true })
})

test('[P-CURSOR-ELSEWHERE] a stream that the connection is not on is passed over', async () => {
  const set = await stage()
  await set.goAway((await set.rejoin(ALICE, 'devops')).client)
  const epoch = await sendTo(set, 'devops', 'one', 'two')
  const { client } = await set.rejoin(ALICE, 'other')
  expect(await client.ask('ack-notifications', { 'c:devops': { epoch, offset: 2 } })).toEqual({ ok: true })
  expect(await set.rejoin(ALICE, 'devops')).toMatchObject({ titles: ['one', 'two'] })
})

test('[P-OWN-STREAMS] on a return what is the user’s own follows at once, then the broadcasts', async () => {
  const set = await stage()
  const before = set.connect(ALICE)
  await before.next('connection-confirmed')
  await set.goAway(before)
  await broadcast(set, 'b1', 'b2')
  for (const title of ['u1', 'u2']) await set.notifications.send(note(title, { to: { user: ALICE.user_id } }))
  const client = set.connect(ALICE)
  expect(await client.next('connection-confirmed')).toMatchObject({
    pendingCount: 4,
    hasMore: false,
    streams: { b: { recovered: true } },
  })
  await client.settle()
  expect(titlesOf(client)).toEqual(['u1', 'u2', 'b1', 'b2'])
})

test('[P-MISSED-BROADCASTS] of too many missed broadcasts the last ones come, and it is said', async () => {
  const set = await stage({ limits: { missedBroadcasts: 2 } })
  const before = set.connect(ALICE)
  await before.next('connection-confirmed')
  await set.goAway(before)
  await broadcast(set, '1', '2', '3', '4', '5')
  const client = set.connect(ALICE)
  const { streams, pendingCount } = await client.next('connection-confirmed')
  expect(streams.b).toMatchObject({ recovered: false, reason: 'trimmed', offset: 5 })
  expect(pendingCount).toBe(2)
  await client.settle()
  expect(titlesOf(client)).toEqual(['4', '5'])
})

test('[P-GUEST] a guest gets broadcasts live, and missed ones only by a position of its own', async () => {
  const set = await stage()
  const guest = set.connect()
  await guest.next('connection-confirmed')
  await broadcast(set, 'one')
  const { epoch } = await guest.next('notification-received')
  await set.goAway(guest)
  await broadcast(set, 'two')
  const stock = set.connect()
  const v2 = set.connect(asV2({}, { since: { b: { epoch, offset: 1 } } }))
  expect(await stock.next('connection-confirmed')).toMatchObject({ pendingCount: 0 })
  expect(await v2.next('connection-confirmed')).toMatchObject({ pendingCount: 1 })
  await Promise.all([stock.settle(), v2.settle()])
  expect([titlesOf(stock), titlesOf(v2)]).toEqual([[], ['two']])
})

const PING_MS = 40

/** A ping is answered before anything that the client does afterwards. */
async function beats(client: StockClient, count: number): Promise<void> {
  let left = count
  const done = deferred<void>()
  client.socket.io.on('ping', () => {
    left -= 1
    if (left === 0) done.resolve()
  })
  await done.promise
  await client.settle()
}

test('[P-PROOF] what a heartbeat proved does not come again, what it did not prove does', async () => {
  const set = await stage({}, { pingInterval: PING_MS })
  const { client } = await set.rejoin(ALICE, 'devops')
  await sendTo(set, 'devops', 'proved')
  await client.next('notification-received')
  await beats(client, 3)
  await sendTo(set, 'devops', 'not proved')
  await client.next('notification-received', ({ title }) => title === 'not proved')
  await set.goAway(client)
  const back = await set.rejoin(ALICE, 'devops')
  expect(back.titles).toEqual(['not proved'])
  expect(back.client.all('notification-received')[0]).toMatchObject({ replayed: true })
})

test('[P-V2-POSITION] a v2 client brings its positions of b and u in the handshake', async () => {
  const set = await stage()
  const user = { user: ALICE.user_id }
  await broadcast(set, 'b1', 'b2')
  const { epoch } = await set.notifications.send(note('u1', { to: user }))
  await set.notifications.send(note('u2', { to: user }))
  const b = (await set.connect().next('connection-confirmed')).streams.b
  const since = { b: { epoch: b?.epoch, offset: 1 }, u: { epoch, offset: 1 } }
  const client = set.connect(asV2(ALICE, { since }))
  const { streams } = await client.next('connection-confirmed')
  expect(streams).toMatchObject({ b: { recovered: true, offset: 2 }, u: { recovered: true, offset: 2 } })
  await client.settle()
  expect(titlesOf(client)).toEqual(['u2', 'b2'])
})

test('[P-DEVICE] each device has cursors of its own, and a new one starts as a newcomer does', async () => {
  const set = await stage()
  const phone = { ...ALICE, device_id: 'phone' }
  const laptop = { ...ALICE, device_id: 'laptop' }
  await set.goAway((await set.rejoin(phone, 'devops')).client)
  const { client } = await set.rejoin(laptop, 'devops')
  const epoch = await sendTo(set, 'devops', 'one', 'two')
  await client.ask('ack-notifications', { 'c:devops': { epoch, offset: 2 } })
  await set.goAway(client)
  await sendTo(set, 'devops', 'three')
  expect(await set.rejoin(laptop, 'devops')).toMatchObject({ titles: ['three'] })
  expect(await set.rejoin({ ...ALICE, device_id: 'new' }, 'devops')).toMatchObject({ titles: [] })
  expect(await set.rejoin(phone, 'devops')).toMatchObject({ titles: ['one', 'two', 'three'] })
})

test('[P-PERSONAL] a user who was never here gets what is kept for it, and no earlier broadcast', async () => {
  const set = await stage()
  await broadcast(set, 'b1')
  await set.notifications.send(note('u1', { to: { user: 'newcomer' } }))
  const client = set.connect({ user_id: 'newcomer' })
  expect(await client.next('connection-confirmed')).toMatchObject({ pendingCount: 1 })
  await client.settle()
  await broadcast(set, 'b2')
  await until(() => titlesOf(client).length > 1, 'the live broadcast')
  expect(titlesOf(client)).toEqual(['u1', 'b2'])
})
