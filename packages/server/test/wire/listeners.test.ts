/*
 * Listeners and loggers of the host may throw or reject: nobody is harmed, and no other listener goes short.
 * Ids: G7
 */
import { onUnhandled, until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { createMemoryStore } from '../../src/index.ts'
import { as, note, stage, stock } from './stage.ts'

const EVENTS = ['sent', 'joined', 'left', 'refused', 'problem'] as const

const LISTENERS = {
  throws: () => {
    throw new Error('a bug of the host')
  },
  rejects: async () => {
    throw new Error('a bug of the host')
  },
}

test.each(Object.entries(LISTENERS))('[G7] [R46] a listener that %s harms nobody', async (_, listener) => {
  const guard = onUnhandled()
  const logged: string[] = []
  const log = { info() {}, warn() {}, error: (message: string) => logged.push(message) }
  const authorize = ({ action }: { action: string }) => {
    if (action === 'list') throw new Error('a bug in the hook')
    return true
  }
  const { url, notifications } = await stage({ log, authorize })
  const heard: string[] = []
  for (const event of EVENTS) {
    notifications.on(event, listener)
    notifications.on(event, () => void heard.push(event))
  }
  const client = stock(url, as('alice'))
  client.emit('join-channel', 'devops')
  await client.next('channel-joined')
  client.emit('send-notification', note('devops', 'hello'))
  await client.next('notification-sent')
  await client.next('notification-received')
  client.emit('send-notification', {})
  await client.next('error-message')
  client.emit('get-channels')
  await client.next('error-message')
  client.emit('leave-channel', 'devops')
  await client.next('channel-left')
  await guard.check()
  expect(heard.sort()).toEqual(['joined', 'left', 'problem', 'refused', 'refused', 'sent'])
  for (const event of EVENTS) expect(logged.some((message) => message.includes(`"${event}"`))).toBe(true)
})

test('[G7] listeners hear the facts', async () => {
  const { url, notifications } = await stage()
  const facts: [string, unknown][] = []
  for (const event of EVENTS) notifications.on(event, (fact: unknown) => void facts.push([event, fact]))
  const once: string[] = []
  notifications.once('joined', ({ channel }) => void once.push(channel))
  const client = stock(url, as('alice'))
  client.emit('join-channel', 'devops')
  client.emit('join-channel', 'orders')
  await client.next('channel-joined', ({ channel }) => channel === 'orders')
  client.emit('send-notification', note('devops', 'hello'))
  const { notificationId } = await client.next('notification-sent')
  client.emit('join-channel', '')
  await client.next('error-message')
  client.emit('leave-channel', 'devops')
  await client.next('channel-left')
  const socketId = client.socket.id
  client.close()
  await until(() => facts.length === 6, 'every fact')
  const alice = { userId: 'alice', username: 'ALICE', socketId }
  expect(facts).toEqual([
    ['joined', { channel: 'devops', ...alice }],
    ['joined', { channel: 'orders', ...alice }],
    ['sent', { stream: 'c:devops', notificationId, offset: 1, userId: 'alice' }],
    [
      'refused',
      { event: 'join-channel', problems: [{ code: 'field-required', field: 'channel' }], socketId },
    ],
    ['left', { channel: 'devops', ...alice }],
    ['left', { channel: 'orders', ...alice }],
  ])
  expect(once).toEqual(['devops'])
})

test('[G7] [R46] a logger that throws harms nobody', async () => {
  const guard = onUnhandled()
  const log = { info: LISTENERS.throws, warn: LISTENERS.throws, error: LISTENERS.throws }
  const { url, problems } = await stage({ log, authorize: LISTENERS.throws })
  const client = stock(url)
  client.emit('join-channel', 'devops')
  expect((await client.next('error-message')).code).toBe('hook-failed')
  client.emit('get-stats')
  await client.next('error-message')
  expect(problems).toHaveLength(2)
  await guard.check()
})

test('[G7] a store that fails in every way refuses requests, tells the host, and recovers with it', async () => {
  const guard = onUnhandled()
  const memory = createMemoryStore()
  let failure: (() => never) | undefined
  const faulty =
    <Args extends unknown[], R>(call: (...args: Args) => Promise<R>) =>
    (...args: Args): Promise<R> =>
      failure === undefined ? call(...args) : failure()
  const store = {
    ...memory,
    append: faulty(memory.append),
    read: faulty(memory.read),
    heads: faulty(memory.heads),
    cursors: faulty(memory.cursors),
    moveCursors: faulty(memory.moveCursors),
  }
  const { url, problems } = await stage({ store })
  const client = stock(url, as('alice'))
  await client.next('connection-confirmed')
  for (const fail of [LISTENERS.throws, () => Promise.reject(new Error('down')) as never]) {
    failure = fail
    const before = problems.length
    expect(await client.ask('join-channel', 'devops')).toMatchObject({
      code: 'store-unavailable',
      retryable: true,
    })
    const sent = await client.ask('send-notification', note('devops', 'lost'))
    expect(sent).toMatchObject({
      code: 'store-unavailable',
      retryable: true,
      details: [{ code: 'store-unavailable', outcome: 'unknown' }],
    })
    expect(problems.length).toBeGreaterThanOrEqual(before + 2)
    expect(problems.every(({ code }) => code === 'STORE_FAILED')).toBe(true)
  }
  failure = undefined
  expect(await client.ask('join-channel', 'devops')).toMatchObject({ ok: true })
  expect(await client.ask('send-notification', note('devops', 'kept'))).toMatchObject({ ok: true, offset: 1 })
  await client.next('notification-received', ({ title }) => title === 'kept')
  await guard.check()
})
