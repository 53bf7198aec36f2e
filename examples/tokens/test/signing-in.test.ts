import { connectRaw } from '@carillon/testkit'
import { startExample } from '@carillon/testkit/examples'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { KEY, STANDARD, useShop } from './shop.ts'
import { askForToken, PASSWORDS, post, signIn } from './visitors.ts'

const shop = useShop()

test('[JW2] whoever signs in gets a cookie that no script and no other site can use, and by it a signed token', async () => {
  const response = await post(shop.url, '/login', { user: 'bruno', password: PASSWORDS.bruno })
  expect(await response.json()).toEqual({ userId: 'bruno', username: 'Bruno', role: 'customer' })
  const [cookie = ''] = response.headers.getSetCookie()
  expect(cookie).toMatch(/^session-bruno=[\w-]{22}\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)

  const asked = await askForToken(shop.url, 'bruno', cookie.split(';')[0] ?? '')
  expect(asked.headers.get('Cache-Control')).toBe('no-store')
  const { token, expiresInMs } = await asked.json()
  expect(expiresInMs).toBeGreaterThan(50_000)
  expect(expiresInMs).toBeLessThanOrEqual(60_000)
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'at+jwt' })
  const { payload } = await jwtVerify(token, KEY, { issuer: STANDARD.iss, audience: STANDARD.aud })
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
  const response = await post(shop.url, '/login', body)
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
  const response = await post(shop.url, '/login', body)
  const text = await response.text()
  expect([response.status, Object.keys(JSON.parse(text))]).toEqual([status, ['error']])
})

test('[JW4] without the cookie of the person there is no token', async () => {
  const [name = '', value = ''] = shop.bruno.cookie.split('=')
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
    `${name}=${shop.alice.cookie.split('=')[1]}`,
    shop.alice.cookie,
  ]
  for (const cookie of cookies) {
    expect([cookie, (await askForToken(shop.url, 'bruno', cookie)).status]).toEqual([cookie, 401])
  }
  expect((await askForToken(shop.url, 'alice', shop.bruno.cookie)).status).toBe(401)
  expect((await askForToken(shop.url, 'bruno', `a=b; ${shop.bruno.cookie}; c=d`)).status).toBe(200)
})

test('[JW4] who signs out gets no token any more, and the last one is good for nothing', async () => {
  const visitor = await signIn(shop.url, 'bruno')
  const token = await visitor.token()
  const response = await post(shop.url, '/logout', { user: 'bruno' }, { cookie: visitor.cookie })
  expect(response.headers.getSetCookie()[0]).toMatch(/^session-bruno=; Path=\/; Expires=Thu, 01 Jan 1970/)
  expect((await askForToken(shop.url, 'bruno', visitor.cookie)).status).toBe(401)
  expect(await shop.connect(token).next('error-message')).toMatchObject({ code: 'unauthenticated' })
  // Elsewhere the same person is still signed in.
  expect((await askForToken(shop.url, 'bruno', shop.bruno.cookie)).status).toBe(200)
})

test('[JW14] [S27] a page of another origin can neither connect nor sign in', async () => {
  const connectFrom = (origin: string) => {
    const client = connectRaw(shop.url, { headers: { origin, cookie: shop.alice.cookie } })
    shop.closeLater(client.close)
    return client
  }
  const local = new URL(shop.url)
  for (const origin of [
    'https://evil.example',
    'null',
    `http://127.0.0.1:${local.port}`,
    'http://localhost',
  ]) {
    expect(await connectFrom(origin).closed).toBe(1006)
    const credentials = { user: 'bruno', password: PASSWORDS.bruno }
    const response = await post(shop.url, '/login', credentials, { origin })
    expect([response.status, response.headers.getSetCookie()]).toEqual([403, []])
    expect(
      (await post(shop.url, '/logout', { user: 'alice' }, { origin, cookie: shop.alice.cookie })).status,
    ).toBe(403)
  }
  await connectFrom(shop.url).connected()
  expect((await askForToken(shop.url, 'alice', shop.alice.cookie)).status).toBe(200)
})

test('[JW15] [S32] pages are told to run no script but their own', async () => {
  for (const path of ['/', '/app.js', '/token']) {
    const policy = (await fetch(`${shop.url}${path}`)).headers.get('Content-Security-Policy')
    expect(policy).toContain("default-src 'none'; script-src 'self';")
    expect(policy).toContain("frame-ancestors 'none'; require-trusted-types-for 'script'")
    expect(policy).not.toContain('unsafe')
  }
})

test('[JW17] behind TLS cookies are for TLS alone, and pages are those of the address that is given', async () => {
  const origin = 'https://shop.example.com'
  const behindTls = await startExample(import.meta.url, { ORIGIN: origin })
  shop.closeLater(behindTls.stop)
  expect(behindTls.output()).toContain(`runs on ${behindTls.url}, for pages of ${origin}\n`)
  const credentials = { user: 'bruno', password: PASSWORDS.bruno }
  const response = await post(behindTls.url, '/login', credentials, { origin })
  expect(response.headers.getSetCookie()[0]).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
  expect((await post(behindTls.url, '/login', credentials, { origin: behindTls.url })).status).toBe(403)
})
