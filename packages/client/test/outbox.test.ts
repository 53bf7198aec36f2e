import { until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import type { NotificationsError } from '../src/index.ts'
import type { Asked, FakeServer } from './fake-server.ts'
import { clientOf, fakeServer, rejectionOf, statusIs } from './kit.ts'

const note = (title: string, channel = 'devops') => ({ channel, title, message: 'm' })
const NOT_NOW = { code: 'store-unavailable', retryable: true, errors: ['Plus tard'] } as const
const UNSURE = { ...NOT_NOW, details: [{ code: 'store-unavailable', outcome: 'unknown' }] } as const

const titleOf = ({ args }: Asked): string => String((args[0] as { title?: unknown }).title)

/** Answers all sends of some titles in another way, the first time. */
function once(server: FakeServer, how: Readonly<Record<string, (asked: Asked) => void>>): void {
  const left = new Map(Object.entries(how))
  server.script = (asked) => {
    const title = asked.event === 'send-notification' ? titleOf(asked) : ''
    const other = left.get(title)
    left.delete(title)
    if (other === undefined) asked.answer()
    else other(asked)
  }
}

const sends = (server: FakeServer): string[] =>
  server.asked.filter(({ event }) => event === 'send-notification').map(titleOf)

test('[CL4] a send that was refused for now goes out again with its key, and those behind it wait', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  once(server, { a: (asked) => asked.refuse(NOT_NOW) })
  const first = client.sendNotification(note('a'))
  await until(() => sends(server).length === 1, 'the first attempt')
  await client.stats()
  const second = client.sendNotification(note('b'))
  const elsewhere = await client.sendNotification(note('c', 'orders'))
  expect(elsewhere.offset).toBe(1)
  expect([(await first).offset, (await second).offset]).toEqual([1, 2])
  expect(sends(server)).toEqual(['a', 'c', 'a', 'b'])
  const keys = server
    .argsOf('send-notification')
    .map(([input]) => (input as { idempotencyKey: string }).idempotencyKey)
  expect([keys[2], new Set(keys).size]).toEqual([keys[0], 3])
})

test('[CL4] a server that says how long to wait is taken at its word', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  once(server, { a: (asked) => asked.refuse({ ...NOT_NOW, code: 'too-many-requests', retryAfterMs: 1_500 }) })
  const begun = performance.now()
  await client.sendNotification(note('a'))
  expect(performance.now() - begun).toBeGreaterThan(1_450)
})

test('[CL4] one that was refused while a later one was stored is rejected, for it would come out behind it', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  once(server, { a: (asked) => asked.refuse(NOT_NOW), b: (asked) => asked.refuse(UNSURE) })
  const [a, b, c] = ['a', 'b', 'c'].map((title) => client.sendNotification(note(title)))
  expect(await rejectionOf(a ?? Promise.resolve())).toMatchObject({
    code: 'store-unavailable',
    outcome: 'refused',
    retryable: true,
    errors: ['Plus tard'],
  })
  expect(await rejectionOf(b ?? Promise.resolve())).toMatchObject({ outcome: 'unknown' })
  expect(await c).toMatchObject({ offset: 1 })
  expect(sends(server)).toEqual(['a', 'b', 'c'])
})

test('[CL3] when time runs out, a refused send says so in the words of the server', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url, { timeoutMs: 500 })
  await statusIs(client, 'connected')
  server.script = (asked) => asked.refuse(NOT_NOW)
  expect(await rejectionOf(client.sendNotification(note('a')))).toMatchObject({
    code: 'store-unavailable',
    outcome: 'refused',
    retryable: true,
  })
  server.script = (asked) => asked.refuse(UNSURE)
  const unknown = (await rejectionOf(client.sendNotification(note('b')))) as NotificationsError
  expect(unknown).toMatchObject({ code: 'store-unavailable', outcome: 'unknown' })
  expect(unknown.idempotencyKey).toBeTypeOf('string')
})

test('[CL3] a refusal for good after a lost answer leaves the outcome open', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  server.script = () => {
    server.script = (again) => again.refuse({ code: 'not-allowed' })
    server.cut()
  }
  expect(await rejectionOf(client.sendNotification(note('a')))).toMatchObject({
    code: 'not-allowed',
    outcome: 'unknown',
  })
})

test('[CL3] an aborted send: refused while it rests, unsent before it left, unknown while it is under way', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  once(server, { resting: (asked) => asked.refuse(NOT_NOW), away: () => undefined })
  const controller = new AbortController()
  const send = (title: string, channel?: string) =>
    rejectionOf(client.sendNotification(note(title, channel), { signal: controller.signal }))
  const resting = send('resting')
  await until(() => sends(server).length === 1, 'the first attempt')
  await client.stats()
  const behind = send('behind')
  const away = send('away', 'orders')
  await until(() => sends(server).length === 2, 'the one that is under way')
  controller.abort()
  expect(await Promise.all([resting, behind, away])).toMatchObject([
    { code: 'aborted', outcome: 'refused' },
    { code: 'aborted', outcome: 'unsent' },
    { code: 'aborted', outcome: 'unknown' },
  ])
  server.cut()
  await statusIs(client, 'reconnecting')
  await client.stats()
  expect(sends(server)).toEqual(['resting', 'away'])
})

test('[CL4] close() ends a send that rests, and leaves no timer', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  server.script = (asked) => asked.refuse(NOT_NOW)
  const failed = rejectionOf(client.sendNotification(note('a')))
  await until(() => sends(server).length === 1, 'the attempt')
  await rejectionOf(client.stats())
  client.close()
  expect(await failed).toMatchObject({ code: 'closed', outcome: 'refused' })
})
