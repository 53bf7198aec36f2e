import { until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import type { NotificationsError } from '../src/index.ts'
import type { Asked } from './fake-server.ts'
import { clientOf, fakeServer, rejectionOf, statusIs } from './kit.ts'

const note = (title: string) => ({ channel: 'devops', title, message: 'm' })

test('[CL4] requests of a client that is not connected yet go out in order once it is confirmed', async () => {
  const server = await fakeServer()
  let confirm: (() => void) | undefined
  server.greet = (confirmNow) => {
    confirm = confirmNow
  }
  const client = clientOf(server.url)
  const answers = [
    client.sendNotification(note('a')),
    client.stats(),
    client.channels(),
    client.sendNotification(note('b')),
  ]
  await until(() => confirm, 'a connection')
  expect(server.asked).toEqual([])
  confirm?.()
  const [, stats, channels] = await Promise.all(answers)
  expect(stats).toEqual({ connectedClients: 1, activeChannels: 0, uptime: 1, timestamp: 't' })
  expect(channels).toEqual([{ name: 'devops', clientCount: 1 }])
  expect(server.asked.map(({ event }) => event)).toEqual([
    'send-notification',
    'get-stats',
    'get-channels',
    'send-notification',
  ])
})

test('[G4] a send whose answer was lost goes out again with its key and is one notification', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const lost: Asked[] = []
  server.script = (asked) => {
    // Stored, but the confirmation never gets out.
    server.script = (again) => again.answer()
    lost.push(asked)
    const item = server.append('c:devops', 'stored')
    expect(item.offset).toBe(1)
    server.cut()
  }
  await client.sendNotification(note('a'))
  const [first, second] = server.argsOf('send-notification')
  expect(second).toEqual(first)
  expect(first?.[0]).toMatchObject({ title: 'a', idempotencyKey: expect.stringMatching(/^[\w-]{20,}$/) })
})

test('[G4] a key of the caller is kept', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const first = await client.sendNotification({ ...note('a'), idempotencyKey: 'order-42' })
  const second = await client.sendNotification({ ...note('a'), idempotencyKey: 'order-42' })
  expect([first.duplicate, second.duplicate, second.notificationId]).toEqual([
    false,
    true,
    first.notificationId,
  ])
})

test('[CL4] what was in flight goes out again before what was called later', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  server.script = () => undefined
  const sends = [client.sendNotification(note('a')), client.sendNotification(note('b'))]
  await until(() => server.asked.length === 2, 'both requests')
  server.script = (asked) => asked.answer()
  server.cut()
  await statusIs(client, 'reconnecting')
  sends.push(client.sendNotification(note('c')))
  const receipts = await Promise.all(sends)
  expect(receipts.map(({ offset }) => offset)).toEqual([1, 2, 3])
})

test('[CL3] the time limit counts from the call and tells what became of the send', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url, { timeoutMs: 40, reconnectionDelay: 200, reconnectionDelayMax: 200 })
  await statusIs(client, 'connected')
  server.script = () => undefined
  const unknown = (await rejectionOf(client.sendNotification(note('a')))) as NotificationsError
  expect(unknown).toMatchObject({ code: 'timeout', outcome: 'unknown', retryable: true })
  expect(server.argsOf('send-notification')[0]?.[0]).toMatchObject({ idempotencyKey: unknown.idempotencyKey })
  server.cut()
  await statusIs(client, 'reconnecting')
  const unsent = await rejectionOf(client.sendNotification(note('b')))
  expect(unsent).toMatchObject({ code: 'timeout', outcome: 'unsent' })
  await statusIs(client, 'connected')
  // Neither goes out any more: nobody waits for it.
  expect(server.argsOf('send-notification')).toHaveLength(1)
})

test('[CL3] a send that had left before the connection broke is unknown, even if it waits again', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url, { reconnectionDelay: 200, reconnectionDelayMax: 200 })
  await statusIs(client, 'connected')
  server.script = () => undefined
  const failed = rejectionOf(client.sendNotification(note('a'), { timeoutMs: 80 }))
  await until(() => server.asked.length === 1, 'the request')
  server.cut()
  expect(await failed).toMatchObject({ code: 'timeout', outcome: 'unknown' })
})

test('[CL3] a signal ends the wait, before the call and during it', async () => {
  const server = await fakeServer()
  server.script = () => undefined
  const client = clientOf(server.url)
  const controller = new AbortController()
  const stats = rejectionOf(client.stats({ signal: controller.signal }))
  await until(() => server.asked.length === 1, 'the request')
  controller.abort('enough')
  expect(await stats).toMatchObject({
    code: 'aborted',
    cause: 'enough',
    outcome: 'unknown',
    retryable: false,
  })
  expect(await rejectionOf(client.channels({ signal: controller.signal }))).toMatchObject({ code: 'aborted' })
  expect(await rejectionOf(client.leaveChannel('a', { signal: controller.signal }))).toMatchObject({
    code: 'aborted',
  })
  expect(server.asked).toHaveLength(1)
})

test('[CL4] the queue is bounded, and what is refused by it never goes out', async () => {
  const server = await fakeServer()
  let confirm: (() => void) | undefined
  server.greet = (confirmNow) => {
    confirm = confirmNow
  }
  const client = clientOf(server.url, { maxWaiting: 2 })
  const fine = [client.stats(), client.stats()]
  expect(await rejectionOf(client.stats())).toMatchObject({
    code: 'queue-full',
    outcome: 'unsent',
    retryable: true,
  })
  expect(await rejectionOf(client.joinChannel('a'))).toMatchObject({ code: 'queue-full' })
  expect(await rejectionOf(client.leaveChannel('a'))).toMatchObject({ code: 'queue-full' })
  await until(() => confirm, 'a connection')
  confirm?.()
  await Promise.all(fine)
  expect((await client.joinChannel('a')).state).toBe('joined')
  expect(server.argsOf('get-stats')).toHaveLength(2)
})

test('[CL4] a thousand requests at once are all answered, a bounded number at a time', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  let open = 0
  let most = 0
  server.script = (asked) => {
    open += 1
    most = Math.max(most, open)
    setImmediate(() => {
      open -= 1
      asked.answer()
    })
  }
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => client.stats()))
  expect(answers).toHaveLength(1_000)
  expect(most).toBeLessThanOrEqual(64)
})

test('[CL3] an acknowledgement that is no answer is told as such', async () => {
  const server = await fakeServer()
  server.script = (asked) => asked.ack('ok')
  const client = clientOf(server.url)
  expect(await rejectionOf(client.stats())).toMatchObject({ code: 'bad-answer' })
  expect(await rejectionOf(client.joinChannel('devops'))).toMatchObject({ code: 'bad-answer' })
})

test('[G7] a notification that cannot be written rejects, and the connection lives', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const cycle: Record<string, never> = {}
  Object.assign(cycle, { self: cycle })
  const refused = await rejectionOf(client.sendNotification({ ...note('a'), data: cycle }))
  expect(refused).toMatchObject({ code: 'not-json', outcome: 'unsent' })
  await client.sendNotification(note('b'))
  expect(server.argsOf('send-notification')).toHaveLength(1)
})
