import { Server } from 'socket.io'
import { expect, onTestFinished, test } from 'vitest'
import { type ConnectOptions, connectNotifications, type NotificationsClient } from '../src/index.ts'
import { clientOf, fakeServer, rejectionOf } from './kit.ts'

/** What JavaScript can hand in, whatever the types say. */
const connectLoosely = connectNotifications as (...args: unknown[]) => NotificationsClient

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('a throw was expected')
}

/** A client that connects nowhere, and need not. */
function idleClient(): NotificationsClient {
  return clientOf('http://127.0.0.1:1', { autoConnect: false })
}

const note = { title: 'a', message: 'b' }

test('[CL11] a field that there is not is refused, so a mistyped channel is no broadcast', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const typo = { ...note, chanel: 'team' }
  expect(await rejectionOf(client.sendNotification(typo))).toMatchObject({
    code: 'bad-option',
    outcome: 'unsent',
    message:
      'sendNotification: unknown field "chanel"; the fields are channel, to, type, title, message, kind, data, idempotencyKey, ttl, expiresAt',
  })
  await client.stats()
  expect(server.argsOf('send-notification')).toEqual([])
})

test('[CL11] every field of the protocol is taken', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const fields = {
    channel: 'devops',
    to: null,
    type: 'info',
    data: {},
    idempotencyKey: 'k',
    ttl: 60,
  } as const
  await client.sendNotification({ ...note, ...fields })
  expect(server.argsOf('send-notification')).toEqual([[{ ...note, ...fields }]])
})

test.each([
  ['hello', 'a string'],
  [undefined, 'undefined'],
  [null, 'null'],
  [[note], 'an array'],
])('[CL11] a notification is an object: %j', async (given, kind) => {
  const failed = await rejectionOf(idleClient().sendNotification(given as never))
  const message = `sendNotification: "notification" must be an object, got ${kind}`
  expect(failed).toMatchObject({ code: 'bad-option', outcome: 'unsent', message })
})

test('[CL11] a channel that is a list is called a list', async () => {
  const message = 'joinChannel: "channel" must be a string, got an array'
  expect(await rejectionOf(idleClient().joinChannel(['a'] as never))).toMatchObject({ message })
})

test.each([
  ['nothing', undefined, 'undefined'],
  ['a number', 42, 'a number'],
  ['an object that is no socket', { url: '/' }, 'an object'],
  ['a server', new Server(), 'an object'],
])('[CL11] connecting to %s is refused', (_, target, kind) => {
  const message = `connectNotifications: the first argument must be a URL or a socket of socket.io-client, got ${kind}`
  expect(thrownBy(() => connectLoosely(target))).toMatchObject({ code: 'bad-option', message })
})

test.each([
  ['token', '"options" must be an object, got a string'],
  [null, '"options" must be an object, got null'],
  [{ auth: 'token' }, '"auth" must be an object or a function, got a string'],
  [{ auth: null }, '"auth" must be an object or a function, got null'],
  [{ auth: { user_id: 42 } }, '"auth.user_id" must be a string, got a number'],
  [{ auth: { username: {} } }, '"auth.username" must be a string, got an object'],
  [{ auth: { device_id: true } }, '"auth.device_id" must be a string, got a boolean'],
  [{ timeoutMs: '5' }, '"timeoutMs" must be a positive number, got a string'],
  [{ timeoutMs: Number.NaN }, '"timeoutMs" must be a positive number, got NaN'],
  [{ timeoutMS: 5 }, 'unknown option "timeoutMS"; did you mean "timeoutMs"?'],
  [{ max_waiting: 5 }, 'unknown option "max_waiting"; did you mean "maxWaiting"?'],
  [{ storage: 'session' }, '"storage" must be a storage, got a string'],
  [{ storage: {} }, '"storage" must be a storage, got an object'],
  [{ outbox: 'disk' }, "\"outbox\" must be 'memory' or 'storage', got a string"],
])('[CL11] options of a connection are looked at: %j', (options, what) => {
  const error = thrownBy(() => connectLoosely('http://127.0.0.1:1', options))
  expect(error).toMatchObject({ code: 'bad-option', message: `connectNotifications: ${what}` })
  // There was no request that something could have become of.
  expect(error).toMatchObject({ outcome: undefined })
})

test('[CL11] options of Socket.IO, fields of one’s own and absent fields are taken', () => {
  const auth = { user_id: null, username: undefined, token: 42 }
  const options: ConnectOptions = { autoConnect: false, timeout: 500, timeoutMs: Infinity, auth }
  const client = connectNotifications('http://127.0.0.1:1', options)
  onTestFinished(() => client.close())
  expect(client.status).toBe('suspended')
})

test.each([
  [{ timeout: 5 }, 'unknown option "timeout"; the options are timeoutMs, signal'],
  [{ timeoutMs: 0 }, '"timeoutMs" must be a positive number, got 0'],
  [{ timeoutMs: '5' }, '"timeoutMs" must be a positive number, got a string'],
  [{ signal: new AbortController() }, '"signal" must be an AbortSignal, got an object'],
  [0, '"options" must be an object, got a number'],
  [null, '"options" must be an object, got null'],
])('[CL11] options of a call are looked at: %j', async (given, what) => {
  const client = idleClient()
  const options = given as never
  const calls = {
    joinChannel: client.joinChannel('a', options),
    leaveChannel: client.leaveChannel('a', options),
    sendNotification: client.sendNotification(note, options),
    stats: client.stats(options),
    channels: client.channels(options),
  }
  for (const [call, promise] of Object.entries(calls)) {
    // A join has one option more.
    const expected =
      call === 'joinChannel' ? what.replace('timeoutMs, signal', 'timeoutMs, signal, rewind') : what
    const message = `${call}: ${expected}`
    expect(await rejectionOf(promise)).toMatchObject({ code: 'bad-option', outcome: 'unsent', message })
  }
})

test('[CL11] a subscription looks at options and listeners, too', async () => {
  const server = await fakeServer()
  const devops = await clientOf(server.url).joinChannel('devops')
  expect(await rejectionOf(devops.leave({ timeout: 5 } as never))).toMatchObject({ code: 'bad-option' })
  expect(devops.state).toBe('joined')
  const listen = (): unknown => devops.on('status' as never, (() => undefined) as never)
  const message = 'on: unknown event "status"; the events are notification, joined, reset, left'
  expect(thrownBy(listen)).toMatchObject({ code: 'bad-option', message })
})

test('[CL11] Infinity waits for ever', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url, { timeoutMs: 1 })
  expect(await client.stats({ timeoutMs: Infinity })).toMatchObject({ uptime: 1 })
})

test('[CL11] listeners are functions, and of events that there are', () => {
  const client = idleClient()
  const events = 'notification, reset, status, stats, confirmed, problem'
  expect(thrownBy(() => client.on('notifications' as never, (() => undefined) as never))).toMatchObject({
    code: 'bad-option',
    message: `on: unknown event "notifications"; the events are ${events}`,
  })
  expect(thrownBy(() => client.once('status', undefined as never))).toMatchObject({
    code: 'bad-option',
    message: 'once: the listener of "status" must be a function, got undefined',
  })
  expect(client.listeners('status')).toEqual([])
})
