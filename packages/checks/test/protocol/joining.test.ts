import { createMemoryStore } from '@carillon/store'
import { expect, test } from 'vitest'
import { ALICE, BRUNO, note, stage, titlesOf } from './stage.ts'

test.each([
  ['a', true],
  ['a b', true],
  ['é', true],
  ['漢字 🔔', true],
  ['__proto__', true],
  ['x'.repeat(200), true],
  ['é'.repeat(100), true],
  ['x'.repeat(201), 'field-too-long'],
  ['é'.repeat(101), 'field-too-long'],
  ['', 'field-required'],
  [' \t ', 'field-required'],
  ['e\u0301', 'ill-formed'],
  ['a\u0000', 'ill-formed'],
  ['a\nb', 'ill-formed'],
  ['dev\u202eops', 'ill-formed'],
  ['\ud800', 'ill-formed'],
  [5, 'field-type'],
  [['a'], 'field-type'],
  [{}, 'field-type'],
])('[P-NAME] the channel name %j: %s', async (name, verdict) => {
  const { connect } = await stage()
  const answer = await connect().ask('join-channel', name)
  expect(answer).toMatchObject(verdict === true ? { ok: true, channel: name } : { ok: false, code: verdict })
})

test('[P-JOIN-HEAD] a first join gets what is sent from then on', async () => {
  const { notifications, rejoin } = await stage()
  await notifications.send(note('before', { channel: 'devops' }))
  const { client, pendingCount } = await rejoin(ALICE, 'devops')
  expect(pendingCount).toBe(0)
  await notifications.send(note('after', { channel: 'devops' }))
  await client.next('notification-received')
  expect(titlesOf(client)).toEqual(['after'])
})

test('[P-JOIN-RETURN] [P-AWAY] [P-REPLAYED] a user who was away gets what was sent since, marked', async () => {
  const { notifications, rejoin, goAway } = await stage()
  const { client } = await rejoin(ALICE, 'devops')
  await goAway(client)
  for (const title of ['one', 'two']) await notifications.send(note(title, { channel: 'devops' }))
  const back = await rejoin(ALICE, 'devops')
  expect(back).toMatchObject({ pendingCount: 2, titles: ['one', 'two'] })
  await notifications.send(note('three', { channel: 'devops' }))
  await back.client.next('notification-received', ({ title }) => title === 'three')
  expect(back.client.all('notification-received').map(({ replayed }) => replayed)).toEqual([
    true,
    true,
    undefined,
  ])
})

test('[P-JOIN-SINCE] since goes before the cursor', async () => {
  const { notifications, rejoin, goAway } = await stage()
  const { client } = await rejoin(ALICE, 'devops')
  await goAway(client)
  const sent = []
  for (const title of ['one', 'two', 'three'])
    sent.push(await notifications.send(note(title, { channel: 'devops' })))
  const { epoch = '', offset = 0 } = sent[1] ?? {}
  expect(await rejoin(ALICE, 'devops', { epoch, offset })).toMatchObject({
    pendingCount: 1,
    titles: ['three'],
  })
  expect(await rejoin(undefined, 'devops', { epoch, offset: 1 })).toMatchObject({ titles: ['two', 'three'] })
})

test('[P-JOIN-PENDING] between the missed ones and the live ones there is nothing missing, nothing twice', async () => {
  const { notifications, connect } = await stage({ limits: { pageItems: 1_000 } })
  const { epoch } = await notifications.send(note('1', { channel: 'hot' }))
  const client = connect()
  await client.next('connection-confirmed')
  const sends: Promise<unknown>[] = []
  for (let count = 0; count < 300; count++) {
    sends.push(notifications.send(note('n', { channel: 'hot' })))
    if (count === 100) client.emit('join-channel', 'hot', { since: { epoch, offset: 0 } })
    if (count % 20 === 0) await new Promise(setImmediate)
  }
  const joined = await client.next('channel-joined')
  await Promise.all(sends)
  await client.next('notification-received', ({ offset }) => offset === 301)
  const received = client.all('notification-received')
  const missed = received.filter(({ replayed }) => replayed)
  expect(received.map(({ offset }) => offset)).toEqual(Array.from({ length: 301 }, (_, at) => at + 1))
  expect(missed).toHaveLength(joined.pendingCount)
  expect(missed.at(-1)?.offset).toBe(joined.offset)
  expect(received.slice(joined.pendingCount).every(({ replayed }) => replayed === undefined)).toBe(true)
})

test('[P-PAGES] what does not fit a page follows by itself, page after page', async () => {
  const { notifications, connect } = await stage({ limits: { pageItems: 2 } })
  const { epoch } = await notifications.send(note('1', { channel: 'devops' }))
  for (let count = 2; count <= 7; count++) await notifications.send(note(`${count}`, { channel: 'devops' }))
  const client = connect()
  client.emit('join-channel', 'devops', { since: { epoch, offset: 0 } })
  expect(await client.next('channel-joined')).toMatchObject({ hasMore: true, pendingCount: 7 })
  await notifications.send(note('8', { channel: 'devops' }))
  await client.next('notification-received', ({ offset }) => offset === 8)
  expect(titlesOf(client)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8'])
})

test('[P-JOIN-MAX] who is in as many channels as allowed is refused, until it leaves one', async () => {
  const { connect } = await stage({ limits: { channelsPerSocket: 2 } })
  const client = connect()
  expect(await client.ask('join-channel', 'a')).toMatchObject({ ok: true })
  expect(await client.ask('join-channel', 'b')).toMatchObject({ ok: true })
  expect(await client.ask('join-channel', 'c')).toMatchObject({ ok: false, code: 'too-many-channels' })
  await client.ask('leave-channel', 'a')
  expect(await client.ask('join-channel', 'c')).toMatchObject({ ok: true })
})

test('[P-JOIN-RIGHT] without the right to join nothing of the channel becomes known', async () => {
  const { notifications, connect } = await stage({
    authorize: ({ action, user }) => action !== 'join' || user.userId === 'user_42',
  })
  const { epoch } = await notifications.send(note('secret', { channel: 'board' }))
  const member = connect(ALICE)
  await member.ask('join-channel', 'board')
  const stranger = connect(BRUNO)
  const there = await stranger.ask('join-channel', 'board', { since: { epoch, offset: 0 } })
  const nowhere = await stranger.ask('join-channel', 'no such channel')
  expect(there).toMatchObject({ ok: false, code: 'not-allowed' })
  expect(there).toEqual(nowhere)
  await notifications.send(note('secret too', { channel: 'board' }))
  await member.next('notification-received')
  await stranger.settle()
  expect(stranger.all('notification-received')).toEqual([])
})

test('[P-LEAVE-FORGETS] after a leave the next join is a first one', async () => {
  const { notifications, rejoin, goAway } = await stage()
  const { client } = await rejoin(ALICE, 'devops')
  await client.ask('leave-channel', 'devops')
  await goAway(client)
  await notifications.send(note('missed', { channel: 'devops' }))
  expect(await rejoin(ALICE, 'devops')).toMatchObject({ pendingCount: 0, titles: [] })
})

test('[P-LEAVE-FORGETS] while another connection of the user is in the channel, the cursor stays', async () => {
  const { notifications, rejoin, goAway } = await stage()
  const first = await rejoin(ALICE, 'devops')
  const second = await rejoin(ALICE, 'devops')
  await first.client.ask('leave-channel', 'devops')
  await goAway(second.client)
  await notifications.send(note('missed', { channel: 'devops' }))
  expect(await rejoin(ALICE, 'devops')).toMatchObject({ pendingCount: 1, titles: ['missed'] })
})

test('[P-LEAVE-ABSENT] a leave without a join is answered, and forgets the cursor', async () => {
  const { notifications, connect, rejoin, goAway } = await stage()
  await goAway((await rejoin(ALICE, 'devops')).client)
  const client = connect(ALICE)
  client.emit('leave-channel', 'devops')
  expect(await client.next('channel-left')).toMatchObject({ channel: 'devops', reason: 'client' })
  await notifications.send(note('missed', { channel: 'devops' }))
  expect(await rejoin(ALICE, 'devops')).toMatchObject({ pendingCount: 0 })
})

test('[P-OFFSET] offsets grow by one from 1, and a hole is what expired', async () => {
  let time = Date.now()
  const { notifications, rejoin, goAway } = await stage({ store: createMemoryStore({ now: () => time }) })
  const { client } = await rejoin(ALICE, 'devops')
  await goAway(client)
  for (const ttl of [null, 10, null]) await notifications.send(note('n', { channel: 'devops', ttl }))
  time += 11_000
  const back = await rejoin(ALICE, 'devops')
  expect(back.client.all('notification-received').map(({ offset }) => offset)).toEqual([1, 3])
})
