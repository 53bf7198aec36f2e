import { createMemoryStore } from '@carillon/server'
import { until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import type { NotificationsError } from '../src/index.ts'
import { clientOf, fakeServer, rejectionOf, statusIs } from './kit.ts'
import { realServer } from './real-server.ts'

const note = (title: string, channel = 'devops') => ({ channel, title, message: 'm' })
const TOO_OFTEN = { code: 'too-many-requests', retryable: true, errors: ['Trop'] } as const

/** Limits that a fake server announces. */
const limits = (sendsPerWindow: number, joinsPerWindow: number, rateWindowMs = 400) => ({
  limits: { rateWindowMs, sendsPerWindow, joinsPerWindow },
})

test('[CL4] [P-RATE] a full outbox goes out in order, whole, as fast as the server allows, and is never refused', async () => {
  const store = createMemoryStore()
  const rates = { windowMs: 1_000, sendsPerSocket: 40, joinsPerSocket: 40 }
  const server = await realServer({ store, rates })
  const refused: unknown[] = []
  server.notifications.on('refused', (refusal) => refused.push(refusal))
  // What is left to each is less than the server makes it wait.
  const client = clientOf(server.url, { auth: { user_id: 'alice' }, timeoutMs: 900 })
  await statusIs(client, 'connected')
  const titles = Array.from({ length: 100 }, (_, n) => `${n}`)
  const sent = await Promise.all(titles.map((title) => client.sendNotification(note(title))))
  expect(sent.map(({ offset }) => offset)).toEqual(titles.map((_, at) => at + 1))
  const stream = { scope: '/', kind: 'channel', name: 'devops' } as const
  const page = await store.read(stream, { after: 0, limit: 1_000, maxBytes: 1e7 })
  expect(page.items.map(({ content }) => content.title)).toEqual(titles)
  expect(refused).toEqual([])
})

test('[CL5] [P-RATE] a client with many channels comes back into all of them, and is never refused', async () => {
  const rates = { windowMs: 1_000, sendsPerSocket: 40, joinsPerSocket: 4 }
  const server = await realServer({ rates })
  const refused: unknown[] = []
  server.notifications.on('refused', (refusal) => refused.push(refusal))
  const client = clientOf(server.url, { timeoutMs: 500, reconnectionAttempts: 50 })
  const names = Array.from({ length: 9 }, (_, n) => `c${n}`)
  const joined = await Promise.all(names.map((name) => client.joinChannel(name)))
  server.cut()
  await until(() => joined.every(({ state }) => state === 'joining'), 'the end of the connection')
  await until(() => joined.every(({ state }) => state === 'joined'), 'every channel')
  const channels = await client.channels()
  expect(channels.map(({ name }) => name).sort()).toEqual(names)
  expect(refused).toEqual([])
})

test('[CL5] a channel that is left while its turn to be joined again has not come is not joined', async () => {
  const server = await fakeServer()
  server.facts = limits(9, 2)
  const client = clientOf(server.url)
  const names = ['a', 'b', 'c']
  const joined = await Promise.all(names.map((name) => client.joinChannel(name)))
  const asked = server.asked.length
  server.cut()
  await until(() => joined[0]?.state === 'joining', 'the end of the connection')
  await until(() => joined[1]?.state === 'joined', 'what may be joined at once')
  await client.leaveChannel('c')
  await client.joinChannel('d')
  const events = server.asked.slice(asked).map(({ event, args }) => `${event} ${args[0]}`)
  expect(events).toEqual(['join-channel a', 'join-channel b', 'leave-channel c', 'join-channel d'])
})

test('[CL3] [CL4] what is held back is told apart: a limit of the call holds, and nothing waits for ever', async () => {
  const server = await fakeServer()
  server.facts = limits(1, 9, 60_000)
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  await client.sendNotification(note('a'))
  const controller = new AbortController()
  const patient = rejectionOf(client.sendNotification(note('b'), { signal: controller.signal }))
  const hurried = (await rejectionOf(
    client.sendNotification(note('c'), { timeoutMs: 50 }),
  )) as NotificationsError
  expect(hurried).toMatchObject({ code: 'timeout', outcome: 'unsent', retryable: true })
  // What the rates do not concern goes on.
  await client.stats()
  controller.abort()
  expect(await patient).toMatchObject({ code: 'aborted', outcome: 'unsent' })
  expect(server.argsOf('send-notification')).toHaveLength(1)
})

test('[CL4] a new connection has a rate of its own', async () => {
  const server = await fakeServer()
  server.facts = limits(1, 9, 60_000)
  const client = clientOf(server.url)
  await client.sendNotification(note('a'))
  const second = client.sendNotification(note('b'))
  await client.stats()
  server.cut()
  expect((await second).offset).toBe(2)
})

test('[CL3] [CL4] a server that says how long to wait has given the call that time, and holds up what would be too much as well', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url, { timeoutMs: 600 })
  await statusIs(client, 'connected')
  server.script = (asked) => {
    server.script = (next) => next.answer()
    asked.refuse({ ...TOO_OFTEN, retryAfterMs: 1_100 })
  }
  const begun = performance.now()
  const first = client.sendNotification(note('a'))
  await until(() => server.asked.length === 1, 'the refusal')
  await client.stats()
  const second = client.sendNotification(note('b', 'elsewhere'))
  expect([(await first).offset, (await second).offset]).toEqual([1, 1])
  expect(performance.now() - begun).toBeGreaterThan(1_050)
  expect(server.argsOf('send-notification')).toHaveLength(3)
})

test('[CL3] a call that was held back has as long as any other once it is out', async () => {
  const server = await fakeServer()
  server.facts = limits(1, 9, 300)
  const client = clientOf(server.url, { timeoutMs: 400 })
  await statusIs(client, 'connected')
  await client.sendNotification(note('a'))
  const begun = performance.now()
  server.script = () => undefined
  expect(await rejectionOf(client.sendNotification(note('b')))).toMatchObject({
    code: 'timeout',
    outcome: 'unknown',
  })
  const took = performance.now() - begun
  expect([took > 690, took < 1_500]).toEqual([true, true])
})
