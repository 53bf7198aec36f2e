/*
 * Who a connection belongs to, for how long, and what a renewal changes.
 * Ids: G7, G8, G9, S10, S12
 */
import { createMemoryStore, type NotificationStore } from '@carillon/store'
import { deferred, onUnhandled, turns, until } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import type { AuthenticatedUser, NotificationsOptions } from '../../src/index.ts'
import { as, note, stage, stock } from './stage.ts'

const HOUR = 3_600_000
const QUIET = { reconnection: false } as const

test('[S10] a sender is who authenticate says, whatever the client claims', async () => {
  const { url } = await stage({ authenticate: () => ({ userId: 'u1', username: 'Ann' }) })
  const client = stock(url, as('admin'))
  client.emit('send-notification', { ...note(null, 'a'), sender: 'Admin', user_id: 'admin' })
  expect((await client.next('connection-confirmed')).userId).toBe('u1')
  expect((await client.next('notification-received')).sender).toBe('Ann')
})

test('[S10] hooks get the claims as they are, and clients never do', async () => {
  const claims = { roles: ['cook'], secret: 'hunter2' }
  const seen: unknown[] = []
  const { url } = await stage({
    authenticate: () => ({ userId: 'u1', claims }),
    authorize: ({ user }) => seen.push(user.claims?.roles) > 0,
    validate: ({ user }) => void seen.push(user.claims),
    visible: (user, names) => (user.claims?.roles.includes('cook') ? names : []),
  })
  const client = stock(url)
  client.emit('join-channel', 'kitchen')
  client.emit('send-notification', note('kitchen', 'a'))
  await client.next('notification-received')
  expect(await client.ask('get-channels')).toMatchObject({ channels: [{ name: 'kitchen' }] })
  expect(seen).toEqual([claims.roles, claims, claims.roles, claims.roles])
  expect(JSON.stringify(client.records)).not.toContain('hunter2')
})

describe('expiresAt', () => {
  type Ends = AuthenticatedUser['expiresAt']
  const welcome: [string, () => Ends][] = [
    ['a date', () => new Date(Date.now() + HOUR)],
    ['milliseconds', () => Date.now() + HOUR],
    ['a time beyond what a timer can wait', () => Date.now() + 400 * 24 * HOUR],
  ]
  test.each(welcome)('[G8] may be %s', async (_, expiresAt) => {
    const { url } = await stage({ authenticate: () => ({ userId: 'u1', expiresAt: expiresAt() }) })
    const client = stock(url)
    const { authExpiresInMs = 0 } = await client.next('connection-confirmed')
    expect(authExpiresInMs).toBeGreaterThan(HOUR - 60_000)
    await client.settle()
    expect(client.all('disconnect')).toEqual([])
  })

  const never: [string, Ends][] = [
    ['nothing', undefined],
    ['null', null],
    ['Infinity', Number.POSITIVE_INFINITY],
  ]
  test.each(never)('[G8] %s is never', async (_, expiresAt) => {
    const { url } = await stage({ authenticate: () => ({ userId: 'u1', expiresAt }) })
    expect(await stock(url).next('connection-confirmed')).not.toHaveProperty('authExpiresInMs')
  })

  const wrong: [string, unknown, string][] = [
    ['seconds', Math.floor(Date.now() / 1_000) + 3_600, 'multiply it by 1000'],
    ['text', '2030-01-01', 'as a Date or in milliseconds'],
    ['a date that is none', new Date('never'), 'as a Date or in milliseconds'],
  ]
  test.each(wrong)('[G7] %s fails closed, and the host is told why', async (_, expiresAt, why) => {
    const authenticate = () => ({ userId: 'u1', expiresAt: expiresAt as Date })
    const { url, problems } = await stage({ authenticate })
    expect((await stock(url, QUIET).next('error-message')).code).toBe('hook-failed')
    expect(problems[0]?.message).toContain(why)
  })
})

test('[G8] a proof that is over can be told from one that was never good', async () => {
  const answers = ['expired', null] as const
  let at = 0
  const { url } = await stage({ authenticate: () => answers[at++] })
  expect((await stock(url, QUIET).next('error-message')).code).toBe('token-expired')
  expect((await stock(url, QUIET).next('error-message')).code).toBe('unauthenticated')
})

describe('refresh-auth', () => {
  test('[G8] authenticate sees the new auth, and nobody else does', async () => {
    const { url, io } = await stage({
      authenticate: (_, auth) => (auth.token === 'bad' ? null : { userId: 'u1', username: auth.token }),
    })
    const client = stock(url, { auth: { token: 'one' } })
    await client.next('connection-confirmed')
    const authOf = () => io.of('/').sockets.get(client.socket.id ?? '')?.handshake.auth
    expect(await client.ask('refresh-auth', { token: 'bad' })).toMatchObject({ code: 'unauthenticated' })
    expect(authOf()).toEqual({ token: 'one' })
    expect(await client.ask('refresh-auth', { token: 'two' })).toEqual({ ok: true, userId: 'u1' })
    // What middleware has looked at stays as it was.
    expect(authOf()).toEqual({ token: 'one' })
    client.emit('send-notification', note(null, 'a'))
    expect((await client.next('notification-received')).sender).toBe('two')
  })

  test('[G8] one that is under way when the proof ends is waited for', async () => {
    let answer = (_: AuthenticatedUser | null): void => undefined
    let isFirst = true
    const authenticate: NotificationsOptions['authenticate'] = () => {
      if (!isFirst)
        return new Promise((resolve) => {
          answer = resolve
        })
      isFirst = false
      return { userId: 'u1', expiresAt: Date.now() + 1_000 }
    }
    const { url } = await stage({ authenticate })
    const client = stock(url, QUIET)
    const { authExpiresInMs = 0 } = await client.next('connection-confirmed')
    const asked = client.ask('refresh-auth', {})
    // Buckets are of a second.
    await new Promise((resolve) => setTimeout(resolve, authExpiresInMs + 1_100))
    expect(client.all('disconnect')).toEqual([])
    answer({ userId: 'u1', expiresAt: Date.now() + HOUR })
    expect(await asked).toMatchObject({ ok: true })
    const again = client.ask('refresh-auth', {})
    await client.settle()
    answer(null)
    expect(await again).toMatchObject({ code: 'unauthenticated' })
    await client.settle()
    expect(client.all('disconnect')).toEqual([])
  })

  test('[G7] without a hook it is harmless, and nobody becomes somebody else', async () => {
    const { url } = await stage()
    const client = stock(url, as('alice'))
    await client.next('connection-confirmed')
    expect(await client.ask('refresh-auth', { user_id: 'alice' })).toEqual({ ok: true, userId: 'alice' })
    expect(await client.ask('refresh-auth', { user_id: 'bob' })).toMatchObject({ code: 'unauthenticated' })
    expect(await client.ask('refresh-auth', null)).toMatchObject({ code: 'field-required' })
    expect(await client.ask('refresh-auth', 'token')).toMatchObject({ code: 'field-type' })
  })
})

test('[G9] close() ends the waiting for tokens that end', async () => {
  const guard = onUnhandled()
  const { url, notifications, io } = await stage({
    authenticate: () => ({ userId: 'u1', expiresAt: Date.now() + 200 }),
  })
  const client = stock(url, QUIET)
  await client.next('connection-confirmed')
  await notifications.close()
  await until(() => io.of('/').sockets.size === 1, 'still connected')
  await new Promise((resolve) => setTimeout(resolve, 1_300))
  expect(client.all('disconnect')).toEqual([])
  await guard.check()
})

describe('close() while authenticate is at work', () => {
  async function asking(more: NotificationsOptions = {}, count = 1) {
    let asked = 0
    const authenticate = () => {
      asked += 1
      return new Promise<null>(() => undefined)
    }
    const played = await stage({ ...more, authenticate })
    const clients = Array.from({ length: count }, () => stock(played.url, QUIET))
    await until(() => asked === count, 'everybody is asked about')
    return { ...played, clients }
  }

  test('[G9] whoever is sent on their way comes back by themselves', async () => {
    const { clients, notifications } = await asking({}, 2)
    await notifications.close({ disconnect: true, drainMs: 300 })
    for (const client of clients) expect(await client.next('disconnect')).not.toBe('io server disconnect')
  })

  test('[G9] whoever may stay does, also where an append takes its time', async () => {
    const memory = createMemoryStore()
    const held = deferred<void>()
    const append: NotificationStore['append'] = (entries) => held.promise.then(() => memory.append(entries))
    const { clients, notifications, io } = await asking({ store: { ...memory, append } })
    const closed = [notifications.send(note('a', 'a')), notifications.close()]
    // What was aborted has its turns before the append ends.
    await turns()
    held.resolve()
    await Promise.all(closed)
    expect(clients[0]?.all('disconnect')).toEqual([])
    expect(io.of('/').sockets.size).toBe(1)
  })
})
