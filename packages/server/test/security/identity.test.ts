/* Who somebody is, what only the server says, and whose keys and positions are whose. THREATS S10, S11, S28, S29, S37 */
import type { RawClient } from '@carillon/testkit'
import { startServer } from '@carillon/testkit'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { attachNotifications, createMemoryStore, NotificationsError } from '../../src/index.ts'
import { afterTest, note } from '../wire/stage.ts'
import { hostileRoom, ODD_OFFSETS, PUBLIC } from './hostile-room.ts'

const room = hostileRoom({
  authenticate: ({ handshake: { auth } }) => {
    if (auth.token === 'of alice') return { userId: 'alice', username: 'Alice' }
    if (auth.token === 'of bob') return { userId: 'bob', username: 'Bob' }
    return auth.user_id === 'honest' ? { userId: 'honest' } : { userId: 'nobody', username: 'Nobody' }
  },
})

afterEach(() => void vi.unstubAllEnvs())

const alice = (): Promise<RawClient> => room.attacker({ auth: { token: 'of alice' } })
const bob = (): Promise<RawClient> => room.attacker({ auth: { token: 'of bob' } })

test('[S10] the identity is what the host says, whatever is claimed where', async () => {
  const claims = { user_id: 'admin', username: 'Admin', userId: 'admin', verified: true }
  const attacker = await room.attacker({
    auth: { ...claims, notifications: { version: 2, userId: 'admin' } },
    query: { user_id: 'admin' },
    headers: { 'x-user-id': 'admin', cookie: 'user_id=admin' },
  })
  expect(attacker.all('connection-confirmed')[0]?.userId).toBe('nobody')
  await attacker.sendEventWithAck('send-notification', {
    ...note(PUBLIC, 'who am I?'),
    ...claims,
    sender: 'Admin',
  })
  const received = await room.honest.next('notification-received', ({ title }) => title === 'who am I?')
  expect(received.sender).toBe('Nobody')
})

test('[S10] production does not start with claimed identities, unless it says so', async () => {
  vi.stubEnv('NODE_ENV', 'production')
  const server = await startServer()
  afterTest(server.close)
  expect(() => attachNotifications(server.io, { log: false })).toThrow(/authenticate.*access: 'open'/)
  afterTest(attachNotifications(server.io, { log: false, access: 'open' }).close)
})

test('[S11] sender, id, time and place are the server’s; what it does not know is dropped', async () => {
  const attacker = await room.attacker()
  const forged = {
    sender: 'Admin',
    id: 'x',
    notificationId: 'x',
    timestamp: '1999-01-01T00:00:00.000Z',
    offset: 1,
    epoch: 'mine',
    stream: 'b',
    replayed: true,
    verified: true,
    html: '<b>',
    '<script>': 1,
  }
  await attacker.sendEventWithAck('send-notification', { ...note(PUBLIC, 'forged'), ...forged })
  const received = await room.honest.next('notification-received', ({ title }) => title === 'forged')
  expect(received).toEqual({
    id: expect.stringMatching(/^n_/),
    type: 'info',
    title: 'forged',
    message: 'Message of forged',
    data: null,
    sender: 'Nobody',
    channel: PUBLIC,
    timestamp: expect.stringMatching(/^20[2-9]/),
    stream: `c:${PUBLIC}`,
    epoch: expect.not.stringMatching('mine'),
    offset: expect.any(Number),
  })
  for (const type of ['<script>', 'constructor', '__proto__', 'ERROR', ' info'])
    expect(
      await attacker.sendEventWithAck('send-notification', { ...note(PUBLIC, 'a'), type }),
    ).toMatchObject({
      ok: false,
      code: 'unknown-type',
    })
})

describe('[S28] keys', () => {
  const keyed = (key: unknown, title: string): object => ({ ...note(PUBLIC, title), idempotencyKey: key })
  const send = (client: RawClient, key: unknown, title: string): Promise<unknown> =>
    client.sendEventWithAck('send-notification', keyed(key, title))

  test('belong to one user: nobody can take or read another’s', async () => {
    const [owner, thief] = [await alice(), await bob()]
    const first = await send(owner, 'order-1', 'of alice')
    const second = await send(thief, 'order-1', 'of bob')
    expect(first).toMatchObject({ ok: true, duplicate: false })
    expect(second).toMatchObject({ ok: true, duplicate: false })
    expect(Reflect.get(Object(second), 'notificationId')).not.toBe(
      Reflect.get(Object(first), 'notificationId'),
    )
    expect(await send(owner, 'order-1', 'of alice')).toMatchObject({ ok: true, duplicate: true })
    // The host's own keys are not in reach either.
    await room.notifications.send({ ...note(PUBLIC, 'of the host'), idempotencyKey: 'host-1' })
    expect(await send(thief, 'host-1', 'of bob, too')).toMatchObject({ ok: true, duplicate: false })
  })

  test('have a length and a shape', async () => {
    const attacker = await alice()
    for (const key of ['x'.repeat(129), 'x'.repeat(900_000), '', ' ', 'a\u0000', 5, {}, ['a'], true])
      expect(await send(attacker, key, 'a')).toMatchObject({ ok: false })
    for (const key of ['__proto__', 'constructor', 'x'.repeat(128), 'é\u202e\n'])
      expect(await send(attacker, key, 'a')).toMatchObject({ ok: true, duplicate: false })
  })
})

describe('[S29] positions', () => {
  test('out of range are refused', async () => {
    const attacker = await alice()
    for (const offset of ODD_OFFSETS) {
      const position = `{"epoch":"e","offset":${offset}}`
      for (const request of [
        `["join-channel","devops",{"since":${position}}]`,
        `["ack-notifications",{"b":${position}}]`,
        `["get-history",{"stream":"b","after":${offset === 'null' ? '{}' : offset}}]`,
      ]) {
        attacker.sendFrame(`42${request}`)
        expect((await attacker.next('error-message')).code).toMatch(/^field-/)
      }
    }
  })

  test('beyond the end, of another log, or by the ten thousand move nothing', async () => {
    const attacker = await alice()
    const joined = await attacker.sendEventWithAck('join-channel', 'mine')
    const epoch: unknown = Reflect.get(Object(joined), 'epoch')
    const far = { epoch, offset: Number.MAX_SAFE_INTEGER }
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`c:${n}`, far]))
    expect(await attacker.sendEventWithAck('ack-notifications', many)).toMatchObject({
      code: 'field-too-long',
    })
    // Streams that the socket is not on, the user's own by another name, another log.
    const elsewhere = { 'c:public': far, b: { ...far, epoch: 'other' }, 'c:mine': far }
    expect(await attacker.sendEventWithAck('ack-notifications', elsewhere)).toMatchObject({ ok: true })
    await attacker.close()
    await room.notifications.send(note('mine', 'while away'))
    const back = await alice()
    expect(await back.sendEventWithAck('join-channel', 'mine')).toMatchObject({ ok: true, pendingCount: 1 })
    expect((await back.next('notification-received')).title).toBe('while away')
  })

  test('of one user move nobody else’s', async () => {
    const owner = await alice()
    await owner.sendEventWithAck('join-channel', 'shared')
    await owner.close()
    const { epoch, offset } = await room.notifications.send(note('shared', 'for alice'))
    const thief = await bob()
    await thief.sendEventWithAck('join-channel', 'shared')
    await thief.sendEventWithAck('ack-notifications', { 'c:shared': { epoch, offset } })
    const back = await alice()
    expect(await back.sendEventWithAck('join-channel', 'shared')).toMatchObject({ pendingCount: 1 })
  })
})

test.each([
  ['{"__proto__":{"access":"open"}}'],
  ['{"limits":{"__proto__":{"hookTimeoutMs":1}}}'],
  ['{"constructor":{"prototype":{"polluted":true}}}'],
  ['{"stats":{"toString":1}}'],
])('[S37] options %s are refused, and pollute nothing', async (text) => {
  const server = await startServer()
  afterTest(server.close)
  expect(() => attachNotifications(server.io, JSON.parse(text))).toThrow(NotificationsError)
  expect(() => createMemoryStore(JSON.parse('{"__proto__":{"maxStreams":1}}'))).toThrow(/__proto__/)
  for (const name of ['access', 'hookTimeoutMs', 'polluted', 'maxStreams'])
    expect(Reflect.get({}, name)).toBeUndefined()
})
