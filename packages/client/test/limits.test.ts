import { until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { clientOf, fakeServer, rejectionOf, statusIs } from './kit.ts'
import { memoryStorage } from './memory-storage.ts'

const note = { title: 'a', message: 'b' }
const LONG = 'x'.repeat(2_000_000)

test('[CL16] what is too large is refused before it could end the connection, whatever call it is', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  const seen: string[] = []
  client.on('status', (status) => seen.push(status))
  const calls: [Promise<unknown>, string, string][] = [
    [client.sendNotification({ ...note, title: LONG }), 'field-too-long', 'sendNotification: "title"'],
    [client.sendNotification({ ...note, data: { LONG } }), 'too-large', 'sendNotification: "data"'],
    [client.sendNotification({ ...note, channel: LONG }), 'field-too-long', 'sendNotification: "channel"'],
    [client.joinChannel(LONG), 'field-too-long', 'joinChannel: "channel"'],
    [client.leaveChannel(LONG), 'field-too-long', 'leaveChannel: "channel"'],
    [client.history({ channel: LONG }), 'field-too-long', 'history: "channel" may have at most 200 bytes'],
    [
      client.history({ stream: `c:${LONG}` }),
      'field-too-long',
      'history: "stream" may have at most 202 bytes',
    ],
    [client.refreshAuth({ LONG }), 'too-large', 'refreshAuth: "auth"'],
  ]
  for (const [call, code, text] of calls) {
    const message = expect.stringContaining(text)
    expect(await rejectionOf(call)).toMatchObject({ code, message, outcome: 'unsent', retryable: false })
  }
  await client.stats()
  expect([server.asked.map(({ event }) => event), seen]).toEqual([['get-stats'], []])
})

test('[CL16] the bounds of the last confirmation are in force', async () => {
  const server = await fakeServer()
  server.facts = { limits: { titleLength: 3, channelNameBytes: 4 } }
  const client = clientOf(server.url)
  // Before the server has spoken, the bounds of the protocol are.
  const early = client.sendNotification({ ...note, title: 'early' })
  await early
  expect(await rejectionOf(client.sendNotification({ ...note, title: 'late' }))).toMatchObject({
    message: 'sendNotification: "title" may have at most 3 characters',
    details: [{ code: 'field-too-long', field: 'title', max: 3, unit: 'characters' }],
  })
  expect(await rejectionOf(client.joinChannel('devops'))).toMatchObject({ code: 'field-too-long' })
  // What is left may have been joined before, and history is read of every name.
  expect(await client.leaveChannel('devops')).toMatchObject({ reason: 'client' })
  server.facts = {}
  server.cut()
  await statusIs(client, 'reconnecting')
  await statusIs(client, 'connected')
  await client.sendNotification({ ...note, title: 'late' })
})

test('[CL16] [CL13] what the page before left and does not fit any more is told, and not sent', async () => {
  const server = await fakeServer()
  server.script = () => undefined
  const storage = memoryStorage()
  const first = clientOf(server.url, { storage, outbox: 'storage' })
  await statusIs(first, 'connected')
  for (const title of ['a', 'far too long', 'b'])
    first.sendNotification({ ...note, title, idempotencyKey: `key of ${title}` }).catch(() => undefined)
  await until(() => server.asked.length === 3, 'the sends')
  const left = storage.copy()
  server.script = (asked) => asked.answer()
  server.facts = { limits: { titleLength: 3 } }
  const second = clientOf(server.url, { storage: left, outbox: 'storage' })
  const problems: unknown[] = []
  second.on('problem', (problem) => problems.push(problem))
  const own = await second.sendNotification({ ...note, title: 'c' })
  expect(own.offset).toBe(3)
  expect(server.argsOf('send-notification').slice(3)).toMatchObject([
    [{ title: 'a' }],
    [{ title: 'b' }],
    [{ title: 'c' }],
  ])
  expect(problems).toMatchObject([
    {
      code: 'field-too-long',
      message: 'sendNotification: "title" may have at most 3 characters',
      outcome: 'unsent',
      idempotencyKey: 'key of far too long',
    },
  ])
  expect([...left.items.keys()].some((key) => key.endsWith(':sends'))).toBe(false)
})
