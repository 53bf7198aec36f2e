import { UnsecuredJWT } from 'jose'
import { expect, test } from 'vitest'
import { OTHER_KEY, OVER, STANDARD, signed, useShop } from './shop.ts'

const shop = useShop()

test('[JW5] who has a token is who it says, until it says', async () => {
  const client = shop.connect(await shop.bruno.token())
  const { userId, authExpiresInMs } = await client.next('connection-confirmed')
  expect(userId).toBe('bruno')
  expect(authExpiresInMs).toBeGreaterThan(50_000)
  expect(authExpiresInMs).toBeLessThanOrEqual(60_000)
})

const forgeries: [string, () => unknown | Promise<unknown>][] = [
  ['no token', () => undefined],
  ['what is no text', () => ({ alg: 'none' })],
  ['what is no token', () => 'a.b.c'],
  [
    'other claims under the same signature',
    async () => {
      const [header, , signature] = (await shop.bruno.token()).split('.')
      const [, claims] = (await signed(shop.alice, { role: 'staff' })).split('.')
      return `${header}.${claims}.${signature}`
    },
  ],
  ['no signature', async () => (await shop.bruno.token()).replace(/[^.]*$/, '')],
  [
    'alg: none',
    () =>
      new UnsecuredJWT({ sub: 'bruno', name: 'Bruno', role: 'staff', sid: shop.bruno.session, ...STANDARD })
        .setExpirationTime('1m')
        .encode(),
  ],
  ['another key', () => signed(shop.bruno, {}, { secret: OTHER_KEY })],
  ['another key, and over', () => signed(shop.bruno, OVER, { secret: OTHER_KEY })],
  ['another algorithm', () => signed(shop.bruno, {}, { header: { alg: 'HS512' } })],
  ['another kind of token', () => signed(shop.bruno, {}, { header: { typ: 'JWT' } })],
  ['a token of another issuer', () => signed(shop.bruno, { iss: 'somebody else' })],
  ['a token for something else', () => signed(shop.bruno, { aud: 'payments' })],
  ['a token without an end', () => signed(shop.bruno, { exp: undefined })],
  ['a token of nobody', () => signed(shop.bruno, { sub: undefined })],
  ['a token of no session', () => signed(shop.bruno, { sid: 'gone' })],
  ['a token that begins tomorrow', () => signed(shop.bruno, { nbf: Math.floor(Date.now() / 1000) + 86_400 })],
]

test.each(forgeries)('[JW6] [S10] %s is refused', async (_, forge) => {
  const client = shop.connect(await forge())
  expect(await client.next('error-message')).toMatchObject({ code: 'unauthenticated' })
  await client.next('disconnect')
  expect(client.records.map(({ event }) => event)).toEqual(['connect', 'error-message', 'disconnect'])
})

test('[JW6] a token that is over is to be renewed', async () => {
  const client = shop.connect(await signed(shop.bruno, OVER))
  expect(await client.next('error-message')).toMatchObject({ code: 'token-expired' })
  await client.next('disconnect')
  expect(client.all('connection-confirmed')).toEqual([])
})

test('[JW7] what is renewed in time outlives its token, on the same connection; what is not ends', async () => {
  const soon = Math.floor(Date.now() / 1000) + 3
  const short = await signed(shop.bruno, { exp: soon })
  const renewed = shop.connect(short, 'renewed')
  const { socketId } = await renewed.next('connection-confirmed')
  const left = shop.connect(short, 'left alone')
  await left.next('connection-confirmed')
  const answer = await renewed.ask('refresh-auth', { token: await shop.bruno.token() })
  expect(answer).toMatchObject({ ok: true, userId: 'bruno', authExpiresInMs: expect.any(Number) })

  expect(await left.next('error-message')).toMatchObject({ code: 'token-expired' })
  await left.next('disconnect')
  expect(Date.now()).toBeGreaterThanOrEqual(soon * 1000)
  await renewed.settle()
  expect([renewed.socket.id, renewed.all('connection-confirmed').length]).toEqual([socketId, 1])
})

const noRenewals: [string, string, () => unknown | Promise<unknown>][] = [
  ['a token of another user', 'unauthenticated', () => shop.alice.token()],
  ['a token that is over', 'token-expired', () => signed(shop.bruno, OVER)],
  ['another key', 'unauthenticated', () => signed(shop.bruno, { role: 'staff' }, { secret: OTHER_KEY })],
  ['no token', 'unauthenticated', () => undefined],
]

test.each(noRenewals)('[JW8] a renewal with %s is refused, and changes nothing', async (_, code, token) => {
  const client = await shop.enter(shop.bruno, 'lobby')
  expect(await client.ask('refresh-auth', { token: await token() })).toMatchObject({ ok: false, code })
  expect(await client.ask('join-channel', 'staff')).toMatchObject({ ok: false, code: 'not-allowed' })
  const said = { channel: 'lobby', title: 'Still', message: 'here' }
  expect(await client.ask('send-notification', said)).toMatchObject({ ok: true })
  expect(await client.next('notification-received')).toMatchObject({ sender: 'Bruno', title: 'Still' })
})

test('[JW8] with a renewal that brings fewer rights, channels end', async () => {
  const client = await shop.enter(shop.alice, 'news', 'staff')
  const demoted = await signed(shop.alice, { role: 'customer' })
  expect(await client.ask('refresh-auth', { token: demoted })).toMatchObject({ ok: true })
  expect(client.all('channel-left')).toMatchObject([{ channel: 'staff', reason: 'revoked' }])
})
