import { expect, test } from 'vitest'
import { ALICE, asV2, BRUNO, note, stage, titlesOf } from './stage.ts'

interface Claims {
  readonly teams: readonly string[]
}

/** A token that is its own content: `alice:1000` is good for a second. Others are nobody's. */
function userOf(token: unknown): { userId: string; claims: Claims; expiresAt: Date } | null {
  const [userId, ms, teams = ''] = String(token).split(':')
  if (userId === undefined || ms === undefined) return null
  return { userId, claims: { teams: teams.split(',') }, expiresAt: new Date(Date.now() + Number(ms)) }
}

const HOUR = 3_600_000

test('[P-EXPIRY] the connection ends with the proof of its user, and says so', async () => {
  const { connect } = await stage({ authenticate: (_, auth) => userOf(auth.token) })
  const client = connect({ token: 'alice:400' })
  const { authExpiresInMs = 0 } = await client.next('connection-confirmed')
  expect(authExpiresInMs).toBeGreaterThan(0)
  expect(authExpiresInMs).toBeLessThanOrEqual(400)
  expect(await client.next('error-message')).toMatchObject({ code: 'token-expired', event: null })
  expect(await client.next('disconnect')).toBe('io server disconnect')
  const late = connect({ token: 'alice:-1' })
  expect(await late.next('error-message')).toMatchObject({ code: 'token-expired', event: null })
  await late.next('disconnect')
  expect(late.all('connection-confirmed')).toEqual([])
})

test('[P-REFRESH] a new proof of the same user goes on; what is refused changes nothing', async () => {
  const { connect } = await stage({ authenticate: (_, auth) => userOf(auth.token) })
  const client = connect({ token: `alice:${HOUR}` })
  await client.next('connection-confirmed')
  const refused = { ok: false, code: 'unauthenticated', retryable: false }
  expect(await client.ask('refresh-auth', { token: 'nonsense' })).toMatchObject(refused)
  expect(await client.ask('refresh-auth', { token: `bob:${HOUR}` })).toMatchObject(refused)
  expect(await client.ask('refresh-auth', { token: 'alice:-1' })).toMatchObject({ code: 'token-expired' })
  const renewed = await client.ask('refresh-auth', { token: `alice:${2 * HOUR}` })
  expect(renewed).toMatchObject({ ok: true, userId: 'alice' })
  expect(Number(Reflect.get(Object(renewed), 'authExpiresInMs'))).toBeGreaterThan(HOUR)
  expect(client.all('disconnect')).toEqual([])
})

test('[P-REFRESH-RIGHTS] what is no longer allowed ends before the answer', async () => {
  const { connect } = await stage<Claims>({
    authenticate: (_, auth) => userOf(auth.token),
    authorize: ({ channel, user }) => channel === null || user.claims?.teams.includes(channel) === true,
  })
  const client = connect({ token: `alice:${HOUR}:a,b` })
  client.emit('join-channel', 'a')
  client.emit('join-channel', 'b')
  await client.next('channel-joined', ({ channel }) => channel === 'b')
  await client.ask('refresh-auth', { token: `alice:${HOUR}:b` })
  expect(client.all('channel-left')).toMatchObject([{ channel: 'a', reason: 'revoked' }])
})

test('[P-REVOKED] the host takes a user out of a channel, on every device, and nothing waits there', async () => {
  const { connect, notifications, rejoin, goAway } = await stage()
  const away = connect({ ...ALICE, device_id: 'phone' })
  away.emit('join-channel', 'devops')
  await away.next('channel-joined')
  await goAway(away)
  const client = connect(ALICE)
  const other = connect(BRUNO)
  for (const each of [client, other]) {
    each.emit('join-channel', 'devops')
    await each.next('channel-joined')
  }
  await notifications.revoke('user_42', 'devops')
  expect(await client.next('channel-left')).toMatchObject({ channel: 'devops', reason: 'revoked' })
  await notifications.send(note('after', { channel: 'devops' }))
  await other.next('notification-received')
  await client.settle()
  expect(titlesOf(client)).toEqual([])
  expect(await rejoin({ ...ALICE, device_id: 'phone' }, 'devops')).toMatchObject({
    pendingCount: 0,
    titles: [],
  })
  expect(await rejoin(ALICE, 'devops')).toMatchObject({ pendingCount: 0, titles: [] })
})

test('[P-DISCONNECTED] the host ends all connections of a user, with last words', async () => {
  const { connect, notifications } = await stage()
  const [one, two, other] = [connect(ALICE), connect(asV2(ALICE)), connect(BRUNO)]
  for (const each of [one, two, other]) await each.next('connection-confirmed')
  await notifications.disconnectUser('user_42')
  for (const each of [one, two]) {
    expect(await each.next('error-message')).toMatchObject({ code: 'disconnected', event: null })
    expect(await each.next('disconnect')).toBe('io server disconnect')
  }
  await other.settle()
  expect(other.all('disconnect')).toEqual([])
  const again = connect(ALICE)
  await again.next('connection-confirmed')
  await again.settle()
  expect(again.all('notification-received')).toEqual([])
  expect(again.all('disconnect')).toEqual([])
})

test('[P-LIST-VISIBLE] a client is told of the channels that it may know of', async () => {
  const played = await stage({ policies: { 'secret:*': { join: 'members' }, '*': { join: 'users' } } })
  const client = played.connect(ALICE)
  for (const channel of ['open', 'hidden']) client.emit('join-channel', channel)
  await client.next('channel-joined', ({ channel }) => channel === 'hidden')
  const listed = async (by: typeof client): Promise<unknown> =>
    Reflect.get(Object(await by.ask('get-channels')), 'channels')
  expect(await listed(client)).toMatchObject([{ name: 'hidden' }, { name: 'open' }])
  expect(await listed(played.connect())).toEqual([])
  const asked: string[][] = []
  const choosy = await stage({
    visible(user, names) {
      asked.push([...names])
      return user.userId === 'user_42' ? ['open', 'elsewhere'] : []
    },
  })
  const one = choosy.connect(ALICE)
  for (const channel of ['open', 'hidden']) one.emit('join-channel', channel)
  await one.next('channel-joined', ({ channel }) => channel === 'hidden')
  expect(await listed(one)).toEqual([{ name: 'open', clientCount: 1 }])
  expect(await listed(choosy.connect(BRUNO))).toEqual([])
  expect(asked[0]).toEqual(['hidden', 'open'])
})

test('[P-RATE] who asks too often is told when to come back, and is cut off if that does not help', async () => {
  const { connect } = await stage({ rates: { requestsPerSocket: 3, windowMs: 60_000 } })
  const client = connect(ALICE)
  await client.next('connection-confirmed')
  for (let n = 0; n < 3; n++) await client.ask('get-stats')
  for (let n = 0; n < 3; n++) {
    const refused = await client.ask('get-stats')
    expect(refused).toMatchObject({ ok: false, code: 'too-many-requests', retryable: true })
    const retryAfterMs = Number(Reflect.get(Object(refused), 'retryAfterMs'))
    expect(retryAfterMs).toBeGreaterThan(0)
    expect(retryAfterMs).toBeLessThanOrEqual(60_000)
  }
  client.emit('get-stats')
  await client.next('error-message', ({ event }) => event === null)
  await client.next('disconnect')
})
