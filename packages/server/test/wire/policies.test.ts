/*
 * Who may do what in a channel, by the pattern of its name.
 * Ids: G7, G8, S05, S30, S39
 */
import { describe, expect, test } from 'vitest'
import { attachNotifications, NotificationsError, type NotificationsOptions } from '../../src/index.ts'
import { as, note, stage, stock } from './stage.ts'

const POLICIES = {
  'orders:*': { send: 'server', history: { read: 'members', rewind: 2, ttl: 60 } },
  'staff:*': { join: ({ user }) => user.userId === 'alice', send: 'members' },
  hall: { send: 'everyone' },
  '*': { join: 'users' },
} satisfies NotificationsOptions['policies']

test('[S05] who may send is the policy’s to say, and the host may always', async () => {
  const { url, notifications } = await stage({ policies: POLICIES })
  const bob = stock(url, as('bob'))
  const guest = stock(url)
  const sent = (client: typeof bob, channel: string) => client.ask('send-notification', note(channel, 'a'))
  const refused = { ok: false, code: 'not-allowed', details: [{ action: 'send' }] }
  expect(await sent(bob, 'orders:7')).toMatchObject(refused)
  expect(await sent(bob, 'staff:x')).toMatchObject(refused)
  expect(await sent(guest, 'hall')).toMatchObject({ ok: true })
  expect(await notifications.send(note('orders:7', 'of the host'))).toMatchObject({ offset: 1 })
})

test('[S30] who may join and read is the policy’s to say; the first pattern that fits holds', async () => {
  const { url } = await stage({ policies: POLICIES })
  const [alice, bob, guest] = [stock(url, as('alice')), stock(url, as('bob')), stock(url)]
  const history = (client: typeof bob, channel: string) =>
    client.ask('get-history', { stream: `c:${channel}` })
  const refused = (action: string) => ({ ok: false, code: 'not-allowed', details: [{ action }] })
  expect(await alice.ask('join-channel', 'staff:x')).toMatchObject({ ok: true })
  expect(await bob.ask('join-channel', 'staff:x')).toMatchObject(refused('join'))
  expect(await guest.ask('join-channel', 'elsewhere')).toMatchObject(refused('join'))
  expect(await guest.ask('join-channel', 'hall')).toMatchObject({ ok: true })
  expect(await bob.ask('join-channel', 'elsewhere')).toMatchObject({ ok: true })
  expect(await bob.ask('send-notification', note('staff:x', 'a'))).toMatchObject(refused('send'))
  expect(await alice.ask('send-notification', note('staff:x', 'a'))).toMatchObject({ ok: true })
  expect(await bob.ask('get-history', { stream: 'c:orders:7' })).toMatchObject(refused('history'))
  expect(await history(alice, 'orders:7')).toMatchObject(refused('history'))
  await alice.ask('join-channel', 'orders:7')
  expect(await history(alice, 'orders:7')).toMatchObject({ ok: true })
})

test('[S39] a refusal is the same whether there is such a channel or not', async () => {
  const { url, notifications } = await stage({
    policies: { 'secret:*': { join: 'server', send: 'server', history: 'server' } },
  })
  await notifications.send(note('secret:there', 'a'))
  const bob = stock(url, as('bob'))
  const answers = async (channel: string) => [
    await bob.ask('join-channel', channel),
    await bob.ask('join-channel', channel, { since: { epoch: 'x', offset: 1 } }),
    await bob.ask('send-notification', note(channel, 'a')),
    await bob.ask('get-history', { stream: `c:${channel}` }),
  ]
  expect(await answers('secret:there')).toEqual(await answers('secret:nowhere'))
})

test('[S30] what says nothing of the history leaves it to those who may join', async () => {
  const join = ({ user }: { user: { userId: string | null } }) => user.userId === 'alice'
  const { url, notifications } = await stage({
    policies: {
      'a:*': { join, send: 'server' },
      'b:*': { join, history: { ttl: 60 } },
      '*': { join: 'users' },
    },
  })
  const [alice, bob, guest] = [stock(url, as('alice')), stock(url, as('bob')), stock(url)]
  for (const channel of ['a:1', 'b:1', 'c:1']) await notifications.send(note(channel, 'secret'))
  const read = (client: typeof bob, channel: string) => client.ask('get-history', { stream: `c:${channel}` })
  for (const channel of ['a:1', 'b:1']) {
    expect(await read(bob, channel)).toMatchObject({ ok: false, code: 'not-allowed' })
    expect(await read(alice, channel)).toMatchObject({ ok: true, items: [{ title: 'secret' }] })
  }
  expect(await read(guest, 'c:1')).toMatchObject({ code: 'not-allowed' })
  expect(await read(bob, 'c:1')).toMatchObject({ ok: true })
})

test('[G8] a newcomer sees as much of the past as the policy shows', async () => {
  const { url, notifications } = await stage({
    policies: { 'orders:*': { history: { rewind: 2 } }, 'now:*': { history: { rewind: 0 } } },
  })
  for (const title of ['1', '2', '3'])
    for (const to of ['orders:7', 'now:7']) await notifications.send(note(to, title))
  const bob = stock(url, as('bob'))
  expect(await bob.ask('join-channel', 'orders:7', { rewind: 3 })).toMatchObject({ pendingCount: 2 })
  expect(await bob.ask('join-channel', 'now:7', { rewind: 3 })).toMatchObject({ pendingCount: 0 })
})

test('[G8] rewind is history: who may not read it may not begin with it', async () => {
  const { url } = await stage({ authorize: ({ action }) => action === 'join' })
  const bob = stock(url, as('bob'))
  expect(await bob.ask('join-channel', 'a', { rewind: 3 })).toMatchObject({
    details: [{ action: 'history' }],
  })
  expect(await bob.ask('join-channel', 'a')).toMatchObject({ ok: true })
})

test('[G8] what a policy says of the time bounds what a sender says', async () => {
  const { url } = await stage({ policies: { 'typing:*': { history: { ttl: 5 } } } })
  const bob = stock(url, as('bob'))
  bob.emit('join-channel', 'typing:1')
  for (const more of [{}, { ttl: 1_000 }, { ttl: 1 }])
    bob.emit('send-notification', { ...note('typing:1', 'a'), ...more })
  const left = []
  for (let n = 0; n < 3; n++) {
    const { timestamp, expiresAt = '' } = await bob.next('notification-received')
    left.push(Date.parse(expiresAt) - Date.parse(timestamp))
  }
  expect(left).toEqual([5_000, 5_000, 1_000])
})

test('[G8] where authorize is given, too, both have to agree', async () => {
  const { url } = await stage({ policies: POLICIES, authorize: ({ channel }) => channel !== 'hall' })
  const bob = stock(url, as('bob'))
  expect(await bob.ask('join-channel', 'hall')).toMatchObject({ code: 'not-allowed' })
  expect(await bob.ask('join-channel', 'staff:x')).toMatchObject({ code: 'not-allowed' })
  expect(await bob.ask('join-channel', 'elsewhere')).toMatchObject({ ok: true })
})

test('[G7] [S38] a right that throws refuses, and nothing of it goes out', async () => {
  const join = () => {
    throw new Error('password=hunter2')
  }
  const { url, problems } = await stage({ policies: { 'secret pattern *': { join } } })
  const answer = await stock(url, as('bob')).ask('join-channel', 'secret pattern 1')
  expect(answer).toMatchObject({ ok: false, code: 'hook-failed', details: [{ hook: 'policy' }] })
  expect(JSON.stringify(answer)).not.toMatch(/hunter2|pattern/)
  expect(problems[0]?.code).toBe('HOOK_FAILED')
})

test('[G8] visible may answer with anything that lists names; what breaks on the way refuses', async () => {
  let answer = (names: readonly string[]): Iterable<string> => names
  const { url, problems } = await stage({ visible: (_, names) => answer(names) })
  const bob = stock(url, as('bob'))
  await bob.ask('join-channel', 'a')
  const seen = { channels: [{ name: 'a' }] }
  for (const list of [
    (names: readonly string[]) => new Set(names),
    (names: readonly string[]) => names.values(),
  ]) {
    answer = list
    expect(await bob.ask('get-channels')).toMatchObject(seen)
  }
  answer = function* broken() {
    yield 'a'
    throw new Error('no more')
  }
  expect(await bob.ask('get-channels')).toMatchObject({ code: 'hook-failed' })
  expect(problems).toHaveLength(1)
})

describe('a policy that is none', () => {
  const wrong: [string, unknown, string][] = [
    ['an unknown audience', { '*': { join: 'admins' } }, '"policies["*"].join" must be \'everyone\''],
    ['an unknown action', { a: { publish: 'server' } }, 'unknown option "policies["a"].publish"'],
    ['one that never holds', { 'a*': {}, 'a:b*': {} }, 'policies["a:b*"]" can never hold'],
    ['no object', { a: 'server' }, '"policies["a"]" must be an object'],
    ['a rewind that is none', { a: { history: { rewind: -1 } } }, 'must be an integer from 0 to 100'],
    ['an unknown field', { a: { history: { size: 1 } } }, 'unknown option "policies["a"].history.size"'],
  ]
  test.each(wrong)('[S37] %s is named at the start', async (_, policies, message) => {
    const { io } = await stage({}, { on: (it) => it.of('/elsewhere') })
    const attach = () =>
      attachNotifications(io, { policies: policies as NonNullable<NotificationsOptions['policies']> })
    expect(attach).toThrow(NotificationsError)
    expect(attach).toThrow(message)
  })
})

test('[S29] [S30] no position gets anybody further back than the policy lets them', async () => {
  const { url, notifications } = await stage({
    policies: { 'orders:*': { join: 'users', history: 'server' } },
  })
  for (const title of ['1', '2', '3']) await notifications.send(note('orders:7', title))
  const bob = stock(url, as('bob'))
  const { epoch } = (await bob.ask('join-channel', 'orders:7')) as { epoch: string }
  const begin = async (user: string, since: object) => {
    const client = stock(url, as(user))
    const joined = await client.ask('join-channel', 'orders:7', { since })
    await client.settle()
    client.close()
    return [Reflect.get(Object(joined), 'pendingCount'), client.all('notification-received').length]
  }
  for (const since of [
    { epoch: 'made up', offset: 0 },
    { epoch, offset: 0 },
  ]) {
    expect(await begin('newcomer', since)).toEqual([0, 0])
    expect(await begin('bob', since)).toEqual([0, 0])
  }
  // What somebody really missed comes all the same.
  bob.close()
  await notifications.send(note('orders:7', '4'))
  expect(await begin('bob', { epoch, offset: 3 })).toEqual([1, 1])
})
