import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connectRaw, type StockClient, until } from '@carillon/testkit'
import { type RunningExample, startExample } from '@carillon/testkit/examples'
import { decodeProtectedHeader, jwtVerify, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { askForToken, connectWith, PASSWORDS, post, signIn, type Visitor } from './visitors.ts'

/** A process that starts and passwords that are slow to check, where many tests run at once. */
const PATIENCE_MS = 60_000
const SECRET = 'the tests know it, and nobody else does'
const key = new TextEncoder().encode(SECRET)
const STANDARD = {
  iss: 'carillon-example-tokens',
  aud: 'notifications',
}

let example: RunningExample
let alice: Visitor
let bruno: Visitor
const closing: (() => unknown)[] = []

beforeAll(async () => {
  example = await startExample(import.meta.url, { TOKEN_SECRET: SECRET })
  const signingIn = [signIn(example.url, 'alice'), signIn(example.url, 'bruno')] as const
  ;[alice, bruno] = await Promise.all(signingIn)
}, PATIENCE_MS)

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

afterAll(() => example.stop())

const connect = (token: unknown, name?: string): StockClient => {
  const client = connectWith(example.url, token, name)
  closing.push(client.close)
  return client
}

/** Connected as somebody and in some channels. */
const enter = async (visitor: Visitor, ...channels: string[]): Promise<StockClient> => {
  const client = connect(await visitor.token(), visitor.name)
  await client.next('connection-confirmed')
  for (const channel of channels) {
    expect(await client.ask('join-channel', channel)).toMatchObject({ ok: true })
  }
  return client
}

/** Signed as the server does it, but for what is changed; `undefined` leaves a claim out. */
const signed = (
  { name, session }: Visitor,
  changes: object = {},
  { secret = key, header = {} }: { secret?: Uint8Array; header?: object } = {},
): Promise<string> => {
  const now = Math.floor(Date.now() / 1000)
  const claims = { sub: name, name, role: 'customer', sid: session, iat: now, exp: now + 60 }
  return new SignJWT({ ...claims, ...STANDARD, ...changes })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', ...header })
    .sign(secret)
}

const OVER = { iat: 1_700_000_000, exp: 1_700_000_060 }

test('[JW1] the example prints its address and what to do', async () => {
  const guide = 'Sign in as Alice in one window and as Bruno in another: the passwords are on the page.'
  await until(() => example.output().includes(guide), 'the second line')
  expect(example.output()).toContain(`Carillon with tokens runs on ${example.url}\n${guide}`)
})

// --- Signing in ---

test('[JW2] whoever signs in gets a cookie that no script and no other site can use, and by it a signed token', async () => {
  const response = await post(example.url, '/login', { user: 'bruno', password: PASSWORDS.bruno })
  expect(await response.json()).toEqual({ userId: 'bruno', username: 'Bruno', role: 'customer' })
  const [cookie = ''] = response.headers.getSetCookie()
  expect(cookie).toMatch(/^session-bruno=[\w-]{22}\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)

  const asked = await askForToken(example.url, 'bruno', cookie.split(';')[0] ?? '')
  expect(asked.headers.get('Cache-Control')).toBe('no-store')
  const { token, expiresInMs } = await asked.json()
  expect(expiresInMs).toBeGreaterThan(50_000)
  expect(expiresInMs).toBeLessThanOrEqual(60_000)
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'at+jwt' })
  const { payload } = await jwtVerify(token, key, { issuer: STANDARD.iss, audience: STANDARD.aud })
  expect(payload).toMatchObject({ sub: 'bruno', name: 'Bruno', role: 'customer' })
  // Anybody may read a token: what the cookie proves is not in it.
  expect(cookie).toContain(`=${payload.sid}.`)
  expect(JSON.stringify(payload)).not.toContain(cookie.split(/[.;]/)[1])
})

test.each([
  ['a wrong password', { user: 'bruno', password: 'bell-tower' }],
  ['no password', { user: 'bruno', password: '' }],
  ['nobody we know', { user: 'mallory', password: 'church-bell' }],
  ['a name of JavaScript', { user: '__proto__', password: 'church-bell' }],
])('[JW3] %s is refused, with the same words', async (_, body) => {
  const response = await post(example.url, '/login', body)
  expect([response.status, response.headers.getSetCookie()]).toEqual([401, []])
  expect(await response.json()).toEqual({ error: 'The name or the password is wrong' })
})

test.each([
  ['half of it', { user: 'bruno' }, 400],
  ['what is no text', { user: ['bruno'], password: { length: 11 } }, 400],
  ['no object', 'null', 400],
  ['no JSON', '{"user":', 400],
  ['too much', { user: 'bruno', password: 'x'.repeat(2_000) }, 413],
])('[JW3] to sign in with %s is no request', async (_, body, status) => {
  const response = await post(example.url, '/login', body)
  const text = await response.text()
  expect([response.status, Object.keys(JSON.parse(text))]).toEqual([status, ['error']])
})

test('[JW4] without the cookie of the person there is no token', async () => {
  const [name = '', value = ''] = bruno.cookie.split('=')
  const [id = '', secret = ''] = value.split('.')
  const cookies = [
    '',
    name,
    `${name}=`,
    `${name}=${id}`,
    `${name}=${id}.`,
    `${name}=${id}.${secret.slice(0, -2)}`,
    `${name}=${id}.${secret.startsWith('A') ? 'B' : 'A'}${secret.slice(1)}`,
    `${name}=__proto__.${secret}`,
    `${name}=${alice.cookie.split('=')[1]}`,
    alice.cookie,
  ]
  for (const cookie of cookies) {
    expect([cookie, (await askForToken(example.url, 'bruno', cookie)).status]).toEqual([cookie, 401])
  }
  expect((await askForToken(example.url, 'alice', bruno.cookie)).status).toBe(401)
  expect((await askForToken(example.url, 'bruno', `a=b; ${bruno.cookie}; c=d`)).status).toBe(200)
})

test('[JW4] who signs out gets no token any more, and the last one is good for nothing', async () => {
  const visitor = await signIn(example.url, 'bruno')
  const token = await visitor.token()
  const response = await post(example.url, '/logout', { user: 'bruno' }, { cookie: visitor.cookie })
  expect(response.headers.getSetCookie()[0]).toMatch(/^session-bruno=; Path=\/; Expires=Thu, 01 Jan 1970/)
  expect((await askForToken(example.url, 'bruno', visitor.cookie)).status).toBe(401)
  expect(await connect(token).next('error-message')).toMatchObject({ code: 'unauthenticated' })
  // Elsewhere the same person is still signed in.
  expect((await askForToken(example.url, 'bruno', bruno.cookie)).status).toBe(200)
})

// --- Tokens ---

test('[JW5] who has a token is who it says, until it says', async () => {
  const client = connect(await bruno.token())
  const { userId, authExpiresInMs } = await client.next('connection-confirmed')
  expect(userId).toBe('bruno')
  expect(authExpiresInMs).toBeGreaterThan(50_000)
  expect(authExpiresInMs).toBeLessThanOrEqual(60_000)
})

const otherKey = new TextEncoder().encode('another key, that is as long as ours')
const forgeries: [string, () => unknown | Promise<unknown>][] = [
  ['no token', () => undefined],
  ['what is no text', () => ({ alg: 'none' })],
  ['what is no token', () => 'a.b.c'],
  [
    'other claims under the same signature',
    async () => {
      const [header, , signature] = (await bruno.token()).split('.')
      const [, claims] = (await signed(alice, { role: 'staff' })).split('.')
      return `${header}.${claims}.${signature}`
    },
  ],
  ['no signature', async () => (await bruno.token()).replace(/[^.]*$/, '')],
  [
    'alg: none',
    () =>
      new UnsecuredJWT({ sub: 'bruno', name: 'Bruno', role: 'staff', sid: bruno.session, ...STANDARD })
        .setExpirationTime('1m')
        .encode(),
  ],
  ['another key', () => signed(bruno, {}, { secret: otherKey })],
  ['another key, and over', () => signed(bruno, OVER, { secret: otherKey })],
  ['another algorithm', () => signed(bruno, {}, { header: { alg: 'HS512' } })],
  ['another kind of token', () => signed(bruno, {}, { header: { typ: 'JWT' } })],
  ['a token of another issuer', () => signed(bruno, { iss: 'somebody else' })],
  ['a token for something else', () => signed(bruno, { aud: 'payments' })],
  ['a token without an end', () => signed(bruno, { exp: undefined })],
  ['a token of nobody', () => signed(bruno, { sub: undefined })],
  ['a token of no session', () => signed(bruno, { sid: 'gone' })],
  ['a token that begins tomorrow', () => signed(bruno, { nbf: Math.floor(Date.now() / 1000) + 86_400 })],
]

test.each(forgeries)('[JW6] [S10] %s is refused', async (_, forge) => {
  const client = connect(await forge())
  expect(await client.next('error-message')).toMatchObject({ code: 'unauthenticated' })
  await client.next('disconnect')
  expect(client.records.map(({ event }) => event)).toEqual(['connect', 'error-message', 'disconnect'])
})

test('[JW6] a token that is over is to be renewed', async () => {
  const client = connect(await signed(bruno, OVER))
  expect(await client.next('error-message')).toMatchObject({ code: 'token-expired' })
  await client.next('disconnect')
  expect(client.all('connection-confirmed')).toEqual([])
})

test('[JW7] what is renewed in time outlives its token, on the same connection; what is not ends', async () => {
  const soon = Math.floor(Date.now() / 1000) + 3
  const short = await signed(bruno, { exp: soon })
  const renewed = connect(short, 'renewed')
  const { socketId } = await renewed.next('connection-confirmed')
  const left = connect(short, 'left alone')
  await left.next('connection-confirmed')
  const answer = await renewed.ask('refresh-auth', { token: await bruno.token() })
  expect(answer).toMatchObject({ ok: true, userId: 'bruno', authExpiresInMs: expect.any(Number) })

  expect(await left.next('error-message')).toMatchObject({ code: 'token-expired' })
  await left.next('disconnect')
  expect(Date.now()).toBeGreaterThanOrEqual(soon * 1000)
  await renewed.settle()
  expect([renewed.socket.id, renewed.all('connection-confirmed').length]).toEqual([socketId, 1])
})

const noRenewals: [string, string, () => unknown | Promise<unknown>][] = [
  ['a token of another user', 'unauthenticated', () => alice.token()],
  ['a token that is over', 'token-expired', () => signed(bruno, OVER)],
  ['another key', 'unauthenticated', () => signed(bruno, { role: 'staff' }, { secret: otherKey })],
  ['no token', 'unauthenticated', () => undefined],
]

test.each(noRenewals)('[JW8] a renewal with %s is refused, and changes nothing', async (_, code, token) => {
  const client = await enter(bruno, 'lobby')
  expect(await client.ask('refresh-auth', { token: await token() })).toMatchObject({ ok: false, code })
  expect(await client.ask('join-channel', 'staff')).toMatchObject({ ok: false, code: 'not-allowed' })
  const said = { channel: 'lobby', title: 'Still', message: 'here' }
  expect(await client.ask('send-notification', said)).toMatchObject({ ok: true })
  expect(await client.next('notification-received')).toMatchObject({ sender: 'Bruno', title: 'Still' })
})

test('[JW8] with a renewal that brings fewer rights, channels end', async () => {
  const client = await enter(alice, 'news', 'staff')
  const demoted = await signed(alice, { role: 'customer' })
  expect(await client.ask('refresh-auth', { token: demoted })).toMatchObject({ ok: true })
  expect(client.all('channel-left')).toMatchObject([{ channel: 'staff', reason: 'revoked' }])
})

// --- Rights ---

test('[JW9] who may join what, and send where, is as the policies say', async () => {
  const customer = await enter(bruno, 'news', 'orders:bruno')
  const staff = await enter(alice, 'news', 'staff', 'orders:bruno')
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
  const customer = await enter(bruno, 'orders:bruno')
  const staff = await enter(alice, 'orders:bruno')
  const response = await bruno.ask('POST', '/orders')
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
  const phone = await enter(bruno, 'news', 'orders:bruno')
  const desk = await enter(bruno, 'news')
  const staff = await enter(alice, 'news')
  const path = '/people/bruno/channels/news'
  expect((await alice.ask('DELETE', path)).status).toBe(204)
  for (const client of [phone, desk]) {
    expect(await client.next('channel-left')).toMatchObject({ channel: 'news', reason: 'revoked' })
    expect(await client.ask('join-channel', 'news')).toMatchObject({ ok: false, code: 'not-allowed' })
  }
  const [, row] = await (await alice.ask('GET', '/people')).json()
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
  await bruno.ask('POST', '/orders')
  await phone.next('notification-received', ({ channel }) => channel === 'orders:bruno')

  expect((await alice.ask('PUT', path)).status).toBe(204)
  expect(await phone.ask('join-channel', 'news')).toMatchObject({ ok: true, pendingCount: 0 })
  await staff.ask('send-notification', { channel: 'news', title: 'for all', message: 'm' })
  await phone.next('notification-received', ({ title }) => title === 'for all')
  const news = phone.all('notification-received').filter(({ channel }) => channel === 'news')
  expect(news.map(({ title }) => title)).toEqual(['for all'])
  expect(desk.all('notification-received')).toEqual([])
})

test('[JW12] [S31] who is disconnected comes back by signing in, not by a token that they still have', async () => {
  const visitor = await signIn(example.url, 'bruno')
  const token = await visitor.token()
  const clients = [await enter(visitor, 'news'), await enter(visitor)]
  expect((await alice.ask('DELETE', '/people/bruno/sessions')).status).toBe(204)
  for (const client of clients) {
    expect(await client.next('error-message')).toMatchObject({ code: 'disconnected' })
    await client.next('disconnect')
  }
  expect(await connect(token).next('error-message')).toMatchObject({ code: 'unauthenticated' })
  expect((await askForToken(example.url, 'bruno', visitor.cookie)).status).toBe(401)
  bruno = await signIn(example.url, 'bruno')
  await enter(bruno, 'news')
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
    [`Basic ${await alice.token()}`, 401],
    [`Bearer ${await signed(alice, { role: 'staff' }, { secret: otherKey })}`, 401],
    [`Bearer ${await signed(alice, { role: 'staff', ...OVER })}`, 401],
    [`Bearer ${await bruno.token()}`, 403],
  ]
  const client = await enter(alice, 'news')
  for (const [method, path] of requests) {
    for (const [authorization, status] of bearers) {
      // A cookie alone is good for tokens alone.
      const headers = { authorization, cookie: alice.cookie }
      expect((await fetch(`${example.url}${path}`, { method, headers })).status).toBe(status)
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
    expect([path, (await alice.ask('DELETE', `/people/${path}`)).status]).toEqual([path, 404])
  }
})

// --- Pages of others ---

test('[JW14] [S27] a page of another origin can neither connect nor sign in', async () => {
  const connectFrom = (origin: string) => {
    const client = connectRaw(example.url, { headers: { origin, cookie: alice.cookie } })
    closing.push(client.close)
    return client
  }
  const local = new URL(example.url)
  for (const origin of [
    'https://evil.example',
    'null',
    `http://127.0.0.1:${local.port}`,
    'http://localhost',
  ]) {
    expect(await connectFrom(origin).closed).toBe(1006)
    const credentials = { user: 'bruno', password: PASSWORDS.bruno }
    const response = await post(example.url, '/login', credentials, { origin })
    expect([response.status, response.headers.getSetCookie()]).toEqual([403, []])
    expect(
      (await post(example.url, '/logout', { user: 'alice' }, { origin, cookie: alice.cookie })).status,
    ).toBe(403)
  }
  await connectFrom(example.url).connected()
  expect((await askForToken(example.url, 'alice', alice.cookie)).status).toBe(200)
})

test('[JW15] [S32] pages are told to run no script but their own', async () => {
  for (const path of ['/', '/app.js', '/token']) {
    const policy = (await fetch(`${example.url}${path}`)).headers.get('Content-Security-Policy')
    expect(policy).toContain("default-src 'none'; script-src 'self';")
    expect(policy).toContain("frame-ancestors 'none'; require-trusted-types-for 'script'")
    expect(policy).not.toContain('unsafe')
  }
})

// --- The process ---

test('[JW16] a secret that is too short is said in one sentence', async () => {
  const child = spawn(process.execPath, ['server.js'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, PORT: '0', TOKEN_SECRET: 'secret' },
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const [code] = await once(child, 'close')
  expect([code, said]).toEqual([1, 'TOKEN_SECRET is too short: take 32 random bytes or more.\n'])
})

test('[JW17] behind TLS cookies are for TLS alone, and pages are those of the address that is given', async () => {
  const origin = 'https://shop.example.com'
  const shop = await startExample(import.meta.url, { ORIGIN: origin })
  closing.push(shop.stop)
  expect(shop.output()).toContain(`runs on ${shop.url}, for pages of ${origin}\n`)
  const credentials = { user: 'bruno', password: PASSWORDS.bruno }
  const response = await post(shop.url, '/login', credentials, { origin })
  expect(response.headers.getSetCookie()[0]).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
  expect((await post(shop.url, '/login', credentials, { origin: shop.url })).status).toBe(403)
})

// The last one: it ends what the others need.
test('[JW18] asked to stop while somebody is there, it ends in good order', async () => {
  const client = await enter(alice)
  expect(await example.stop()).toBe(0)
  await client.next('disconnect')
})
