/*
 * Requests of one socket: those that come early wait, those on one stream keep their order, others do not wait.
 * Ids: P-EARLY, P-ORDER, P-RIGHTS, G7
 */
import { deferred, until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import type { AuthorizationRequest } from '../../src/index.ts'
import { as, note, raw, stage, stock, V2 } from './stage.ts'

test('[P-EARLY] what comes before the connection is confirmed waits, and keeps its order', async () => {
  const gate = deferred<{ userId: string }>()
  const { url, io } = await stage({ authenticate: () => gate.promise, stats: { minIntervalMs: 60_000 } })
  const client = raw(url)
  client.sendEvent('join-channel', 'devops')
  client.sendEvent('send-notification', note('devops', 'early'))
  client.sendEvent('leave-channel', 'devops')
  client.sendEvent('send-notification', {})
  await until(() => io.of('/').sockets.size === 1, 'the connection')
  expect(client.records).toEqual([])
  gate.resolve({ userId: 'alice' })
  await client.next('channel-left')
  await client.next('notification-sent')
  const asides = ['server-stats', 'notification-sent', 'notification-received']
  const answers = client.records.map(({ event }) => event).filter((event) => !asides.includes(event))
  // What is malformed needs no turn.
  expect(answers).toEqual(['connection-confirmed', 'error-message', 'channel-joined', 'channel-left'])
  expect(client.all('channel-joined')[0]?.clientCount).toBe(1)
})

test('[P-EARLY] [R44] a client that gives up while it is being authenticated was never there', async () => {
  const gate = deferred<{ userId: string }>()
  const { url, io, notifications, problems } = await stage({ authenticate: () => gate.promise })
  const facts: unknown[] = []
  for (const event of ['joined', 'left', 'sent'] as const)
    notifications.on(event, (fact: unknown) => void facts.push(fact))
  const client = raw(url)
  client.sendEvent('join-channel', 'devops')
  client.sendEvent('send-notification', note('devops', 'unsaid'))
  await until(() => io.of('/').sockets.size === 1, 'the connection')
  await client.close()
  await until(() => io.of('/').sockets.size === 0, 'the server notices')
  gate.resolve({ userId: 'alice' })
  const other = stock(url)
  expect((await other.next('server-stats')).connectedClients).toBe(1)
  expect(facts).toEqual([])
  expect(problems).toEqual([])
})

test('[P-EARLY] [R44] a client that gives up while its join is authorized is no member', async () => {
  const gate = deferred<boolean>()
  const { url, io, notifications, problems } = await stage({ authorize: () => gate.promise })
  const client = raw(url, as('alice'))
  await client.next('connection-confirmed')
  client.sendEvent('join-channel', 'devops')
  await until(() => io.of('/').sockets.size === 1, 'the connection')
  await client.close()
  await until(() => io.of('/').sockets.size === 0, 'the server notices')
  gate.resolve(true)
  await notifications.send(note('devops', 'to nobody'))
  expect(await notifications.channels()).toEqual([])
  expect(problems).toEqual([])
})

test('[P-ORDER] [R43] join, send and leave on one channel keep their order however slow the hooks are', async () => {
  const gates = [deferred<boolean>(), deferred<boolean>(), deferred<boolean>()]
  let asked = 0
  const authorize = () => gates[asked++]?.promise ?? true
  const { url } = await stage({ authorize })
  const client = raw(url, { auth: V2 })
  const answers = [
    client.sendEventWithAck('join-channel', 'devops'),
    client.sendEventWithAck('send-notification', note('devops', '1')),
    client.sendEventWithAck('send-notification', note('devops', '2')),
    client.sendEventWithAck('leave-channel', 'devops'),
    client.sendEventWithAck('join-channel', 'devops'),
  ]
  // The later ones may be allowed first: they have not been asked about.
  for (const gate of gates.toReversed()) gate.resolve(true)
  const settled = await Promise.all(answers)
  expect(settled.every((answer) => Object(answer).ok)).toBe(true)
  expect(settled[4]).toMatchObject({ clientCount: 1, offset: 2, pendingCount: 0 })
  const offsets = client.all('notification-received').map(({ offset }) => offset)
  // It has left without waiting for the commit of the last one.
  expect(offsets).toEqual([1, 2].slice(0, offsets.length))
})

test('[P-ORDER] a channel whose rights take long holds up no other', async () => {
  const gate = deferred<boolean>()
  const { url } = await stage({ authorize: ({ channel }) => (channel === 'slow' ? gate.promise : true) })
  const client = raw(url, { auth: V2 })
  const slow = client.sendEventWithAck('join-channel', 'slow')
  expect(await client.sendEventWithAck('join-channel', 'fast')).toMatchObject({ ok: true })
  expect(await client.sendEventWithAck('send-notification', note('fast', 'a'))).toMatchObject({ ok: true })
  gate.resolve(true)
  expect(await slow).toMatchObject({ ok: true, channel: 'slow' })
})

test('[G7] what waits for its rights when its client goes away is sent all the same', async () => {
  const gate = deferred<boolean>()
  const { url, io } = await stage({ authorize: ({ action }) => (action === 'send' ? gate.promise : true) })
  const other = stock(url)
  other.emit('join-channel', 'devops')
  await other.next('channel-joined')
  const client = stock(url)
  client.emit('send-notification', note('devops', 'last words'))
  await client.settle()
  client.close()
  await until(() => io.of('/').sockets.size === 1, 'the server notices')
  gate.resolve(true)
  expect((await other.next('notification-received')).title).toBe('last words')
})

test('[P-RIGHTS] authorize is told who wants what', async () => {
  const asked: AuthorizationRequest[] = []
  const { url } = await stage({ authorize: (request) => asked.push(request) > 0 })
  const client = raw(url, as('alice'))
  await client.sendEventWithAck('join-channel', 'devops')
  await client.sendEventWithAck('send-notification', note('devops', 'a'))
  await client.sendEventWithAck('send-notification', note(null, 'a'))
  await client.sendEventWithAck('send-notification', { to: { user: 'bob' }, title: 'a', message: 'b' })
  await client.sendEventWithAck('get-channels')
  await client.sendEventWithAck('get-stats')
  const user = { userId: 'alice', username: 'ALICE', verified: false, claims: null }
  const none = { user, kind: null }
  expect(asked).toEqual([
    { action: 'join', ...none, channel: 'devops', to: null },
    { action: 'send', ...none, channel: 'devops', to: null },
    { action: 'broadcast', ...none, channel: null, to: null },
    { action: 'send', ...none, channel: null, to: 'bob' },
    { action: 'list', ...none, channel: null, to: null },
    { action: 'stats', ...none, channel: null, to: null },
  ])
})
