import { expect, test } from 'vitest'
import { OTHER_KEY, OVER, signed, useShop } from './shop.ts'
import { askForToken, signIn } from './visitors.ts'

const shop = useShop()

test('[JW9] who may join what, and send where, is as the policies say', async () => {
  const customer = await shop.enter(shop.bruno, 'news', 'orders:bruno')
  const staff = await shop.enter(shop.alice, 'news', 'staff', 'orders:bruno')
  const note = { title: 't', message: 'm' }
  const refused = { ok: false, code: 'not-allowed' }
  for (const channel of ['staff', 'orders:alice', 'orders:mallory']) {
    expect(await customer.ask('join-channel', channel)).toMatchObject(refused)
    expect(await customer.ask('send-notification', { ...note, channel })).toMatchObject(refused)
    expect(await customer.ask('get-history', { stream: `c:${channel}` })).toMatchObject(refused)
  }
  for (const client of [customer, staff]) {
    expect(await client.ask('send-notification', { ...note, channel: 'orders:bruno' })).toMatchObject(refused)
    expect(await client.ask('send-notification', note)).toMatchObject(refused)
    expect(await client.ask('send-notification', { ...note, to: { user: 'alice' } })).toMatchObject(refused)
  }
  const forStaff = { ...note, channel: 'staff', title: 'among us' }
  expect(await staff.ask('send-notification', forStaff)).toMatchObject({ ok: true })
  await staff.next('notification-received')
  await customer.settle()
  expect(customer.all('notification-received')).toEqual([])
})

test('[JW10] an order is announced to who gave it, and to the staff', async () => {
  const customer = await shop.enter(shop.bruno, 'orders:bruno')
  const staff = await shop.enter(shop.alice, 'orders:bruno')
  const response = await shop.bruno.ask('POST', '/orders')
  const { notificationId } = await response.json()
  expect(response.status).toBe(201)
  for (const client of [customer, staff]) {
    expect(await client.next('notification-received')).toMatchObject({
      id: notificationId,
      channel: 'orders:bruno',
      sender: 'Shop',
    })
  }
})

test('[JW11] [S31] who is taken out of a channel has left it on every connection, until let back in', async () => {
  const phone = await shop.enter(shop.bruno, 'news', 'orders:bruno')
  const desk = await shop.enter(shop.bruno, 'news')
  const staff = await shop.enter(shop.alice, 'news')
  const path = '/people/bruno/channels/news'
  expect((await shop.alice.ask('DELETE', path)).status).toBe(204)
  for (const client of [phone, desk]) {
    expect(await client.next('channel-left')).toMatchObject({ channel: 'news', reason: 'revoked' })
    expect(await client.ask('join-channel', 'news')).toMatchObject({ ok: false, code: 'not-allowed' })
  }
  const [, row] = await (await shop.alice.ask('GET', '/people')).json()
  expect(row).toEqual({
    userId: 'bruno',
    username: 'Bruno',
    role: 'customer',
    channels: [
      { name: 'news', isBarred: true },
      { name: 'orders:bruno', isBarred: false },
    ],
  })
  await staff.ask('send-notification', { channel: 'news', title: 'not for Bruno', message: 'm' })
  await shop.bruno.ask('POST', '/orders')
  await phone.next('notification-received', ({ channel }) => channel === 'orders:bruno')

  expect((await shop.alice.ask('PUT', path)).status).toBe(204)
  expect(await phone.ask('join-channel', 'news')).toMatchObject({ ok: true, pendingCount: 0 })
  await staff.ask('send-notification', { channel: 'news', title: 'for all', message: 'm' })
  await phone.next('notification-received', ({ title }) => title === 'for all')
  const news = phone.all('notification-received').filter(({ channel }) => channel === 'news')
  expect(news.map(({ title }) => title)).toEqual(['for all'])
  expect(desk.all('notification-received')).toEqual([])
})

test('[JW13] what is for the staff is for nobody else', async () => {
  const requests: [string, string][] = [
    ['GET', '/people'],
    ['DELETE', '/people/alice/channels/news'],
    ['PUT', '/people/alice/channels/news'],
    ['DELETE', '/people/alice/sessions'],
  ]
  const bearers: [string, number][] = [
    ['', 401],
    ['Bearer ', 401],
    [`Basic ${await shop.alice.token()}`, 401],
    [`Bearer ${await signed(shop.alice, { role: 'staff' }, { secret: OTHER_KEY })}`, 401],
    [`Bearer ${await signed(shop.alice, { role: 'staff', ...OVER })}`, 401],
    [`Bearer ${await shop.bruno.token()}`, 403],
  ]
  const client = await shop.enter(shop.alice, 'news')
  for (const [method, path] of requests) {
    for (const [authorization, status] of bearers) {
      // A cookie alone is good for tokens alone.
      const headers = { authorization, cookie: shop.alice.cookie }
      expect((await fetch(`${shop.url}${path}`, { method, headers })).status).toBe(status)
    }
  }
  await client.settle()
  expect(client.all('channel-left')).toEqual([])
  for (const path of [
    'mallory/sessions',
    'mallory/channels/news',
    'bruno/channels/staff',
    '__proto__/sessions',
  ]) {
    expect([path, (await shop.alice.ask('DELETE', `/people/${path}`)).status]).toEqual([path, 404])
  }
})

test('[JW12] [S31] who is disconnected comes back by signing in, not by a token that they still have', async () => {
  const visitor = await signIn(shop.url, 'bruno')
  const token = await visitor.token()
  const clients = [await shop.enter(visitor, 'news'), await shop.enter(visitor)]
  expect((await shop.alice.ask('DELETE', '/people/bruno/sessions')).status).toBe(204)
  for (const client of clients) {
    expect(await client.next('error-message')).toMatchObject({ code: 'disconnected' })
    await client.next('disconnect')
  }
  expect(await shop.connect(token).next('error-message')).toMatchObject({ code: 'unauthenticated' })
  expect((await askForToken(shop.url, 'bruno', visitor.cookie)).status).toBe(401)
  await shop.enter(await signIn(shop.url, 'bruno'), 'news')
})
