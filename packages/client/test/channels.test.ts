import { until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import type { ChannelJoined } from '../src/index.ts'
import type { Asked } from './fake-server.ts'
import { clientOf, fakeServer, rejectionOf, statusIs, titlesOf } from './kit.ts'

/** Holds the answers of one event back, to give them later. */
function hold(server: { script: (asked: Asked) => void }, event: string): Asked[] {
  const held: Asked[] = []
  server.script = (asked) => {
    if (asked.event === event) held.push(asked)
    else asked.answer()
  }
  return held
}

test('[CL5] joining twice gives the same subscription and asks once', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const [one, two] = await Promise.all([client.joinChannel('devops'), client.joinChannel('devops')])
  expect(await client.joinChannel('devops')).toBe(one)
  expect(two).toBe(one)
  expect(server.argsOf('join-channel')).toEqual([['devops']])
  expect([one.channel, one.state, one.clientCount, one.pendingCount]).toEqual(['devops', 'joined', 1, 0])
})

test('[CL5] a join that is refused rejects with the reason, and the next one asks anew', async () => {
  const server = await fakeServer()
  server.script = (asked) => asked.refuse({ code: 'not-allowed', errors: ['Interdit'] })
  const client = clientOf(server.url)
  const refused = await rejectionOf(client.joinChannel('devops'))
  expect(refused).toMatchObject({ code: 'not-allowed', errors: ['Interdit'], outcome: 'refused' })
  server.script = (asked) => asked.answer()
  expect((await client.joinChannel('devops')).state).toBe('joined')
})

test('[CL5] after a reconnect all channels are joined again with their positions, before waiting requests', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const titles = titlesOf(client)
  const [a, b] = await Promise.all([client.joinChannel('a'), client.joinChannel('b')])
  const item = server.append('c:a', 'one')
  await until(() => titles.length === 1, 'the notification')
  const before = server.asked.length
  server.cut()
  await statusIs(client, 'reconnecting')
  expect([a.state, b.state]).toEqual(['joining', 'joining'])
  const sent = client.sendNotification({ channel: 'b', title: 'waiting', message: 'm' })
  const third = client.joinChannel('third')
  await Promise.all([sent, third])
  const asked = server.asked.slice(before).map(({ event, args: [first, second] }) => [event, first, second])
  expect(asked).toEqual([
    ['join-channel', 'a', { since: { epoch: item.epoch, offset: 1, id: item.id } }],
    ['join-channel', 'b', { since: { epoch: expect.any(String), offset: 0 } }],
    ['send-notification', expect.objectContaining({ title: 'waiting' }), undefined],
    ['join-channel', 'third', undefined],
  ])
  expect([a.state, b.state]).toEqual(['joined', 'joined'])
})

test('[G5] a re-join tells the subscription what was recovered and what was not', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const titles = titlesOf(client)
  const devops = await client.joinChannel('devops')
  server.append('c:devops', 'one')
  await until(() => titles.length === 1, 'the first')
  const joins: ChannelJoined[] = []
  devops.on('joined', (joined) => joins.push(joined))
  server.cut()
  await until(() => joins.length === 1, 'the first re-join')
  server.cut()
  await statusIs(client, 'reconnecting')
  server.lose('c:devops')
  server.append('c:devops', 'new log')
  await until(() => titles.length === 2, 'what the new log holds')
  expect(joins).toMatchObject([{ recovered: true }, { recovered: false, reason: 'epoch', pendingCount: 1 }])
  expect(titles).toEqual(['one', 'new log'])
})

test('[CL5] a re-join that is refused for now is tried again', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const devops = await client.joinChannel('devops')
  let refusals = 0
  server.script = (asked) => {
    if (asked.event !== 'join-channel' || refusals > 0) return asked.answer()
    refusals += 1
    asked.refuse({ code: 'store-unavailable', retryable: true })
  }
  server.cut()
  await until(() => refusals === 1, 'the refusal')
  expect(devops.state).toBe('joining')
  await until(() => devops.state === 'joined', 'the second try')
})

test('[CL5] a re-join that is not answered is asked again', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url, { timeoutMs: 60 })
  const devops = await client.joinChannel('devops', { timeoutMs: 5_000 })
  const held = hold(server, 'join-channel')
  server.cut()
  await until(() => held.length === 2, 'the second try')
  held[1]?.answer()
  await until(() => devops.state === 'joined', 'the answer')
})

test('[CL5] a re-join that is refused for good ends the subscription, once', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const devops = await client.joinChannel('devops')
  const ends: unknown[] = []
  devops.on('left', (reason, error) => ends.push([reason, error?.code]))
  server.script = (asked) => asked.refuse({ code: 'not-allowed' })
  server.cut()
  await until(() => ends.length > 0, 'the end')
  server.cut()
  await statusIs(client, 'reconnecting')
  await statusIs(client, 'connected')
  expect([ends, devops.state, devops.reason]).toEqual([[['refused', 'not-allowed']], 'left', 'refused'])
  expect(server.argsOf('join-channel')).toHaveLength(2)
})

test('[CL5] [R43] join then leave at once: the last intent wins', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  const titles = titlesOf(client)
  const joined = rejectionOf(client.joinChannel('devops'))
  expect(await client.leaveChannel('devops')).toMatchObject({ channel: 'devops', reason: 'client' })
  expect(await joined).toMatchObject({ code: 'aborted' })
  server.append('c:devops', 'for nobody')
  await client.stats()
  expect(titles).toEqual([])
  expect(server.asked.map(({ event }) => event)).toEqual(['join-channel', 'leave-channel', 'get-stats'])
})

test('[CL5] [R43] leave then join at once: a new subscription that is joined', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const first = await client.joinChannel('devops')
  const left = client.leaveChannel('devops')
  const second = await client.joinChannel('devops')
  await left
  expect([first.state, second.state, second === first]).toEqual(['left', 'joined', false])
  const titles = titlesOf(client)
  server.append('c:devops', 'heard')
  await until(() => titles.length > 0, 'the notification')
})

test('[CL5] join and leave while offline: the server hears of the leave alone', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  server.cut()
  await statusIs(client, 'reconnecting')
  const joined = rejectionOf(client.joinChannel('devops'))
  const left = client.leaveChannel('devops')
  const again = client.leaveChannel('devops')
  expect(await joined).toMatchObject({ code: 'aborted' })
  await Promise.all([left, again])
  expect(server.asked.map(({ event }) => event)).toEqual(['leave-channel'])
})

test('[CL5] a leave while offline ends the subscription at once and reaches the server whoever waits for it', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url, { reconnectionDelay: 100 })
  const devops = await client.joinChannel('devops')
  const ends: string[] = []
  devops.on('left', (reason) => ends.push(reason))
  server.cut()
  await statusIs(client, 'reconnecting')
  const left = rejectionOf(devops.leave({ timeoutMs: 5 }))
  expect([devops.state, ends]).toEqual(['left', ['client']])
  expect(await left).toMatchObject({ code: 'timeout', outcome: 'unsent' })
  await until(() => server.argsOf('leave-channel').length === 1, 'the leave')
  expect(server.argsOf('join-channel')).toHaveLength(1)
  await devops.leave()
})

test('[CL5] what still comes of a channel that is being left belongs to nobody', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const titles = titlesOf(client)
  await client.joinChannel('devops')
  const held = hold(server, 'leave-channel')
  const left = client.leaveChannel('devops')
  await until(() => held.length === 1, 'the leave')
  server.append('c:devops', 'too late')
  held[0]?.answer()
  await left
  expect(titles).toEqual([])
})

test('[CL5] a join whose time is up offline is taken back', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url, { reconnectionDelay: 100 })
  await statusIs(client, 'connected')
  server.cut()
  await statusIs(client, 'reconnecting')
  const controller = new AbortController()
  const [late, aborted] = [
    rejectionOf(client.joinChannel('a', { timeoutMs: 5 })),
    rejectionOf(client.joinChannel('b', { signal: controller.signal })),
  ]
  controller.abort('changed my mind')
  expect(await aborted).toMatchObject({ code: 'aborted', outcome: 'unsent', cause: 'changed my mind' })
  expect(await late).toMatchObject({ code: 'timeout', outcome: 'unsent', retryable: true })
  await statusIs(client, 'connected')
  await client.stats()
  expect(server.argsOf('join-channel')).toEqual([])
})

test('[CL5] a join whose time is up after it left may still come about, and nothing of it is lost', async () => {
  const server = await fakeServer()
  const held = hold(server, 'join-channel')
  const client = clientOf(server.url)
  const titles = titlesOf(client)
  await statusIs(client, 'connected')
  expect(await rejectionOf(client.joinChannel('devops', { timeoutMs: 50 }))).toMatchObject({
    code: 'timeout',
    outcome: 'unknown',
  })
  await until(() => held.length === 1, 'the request')
  const second = client.joinChannel('devops')
  held[0]?.answer()
  server.append('c:devops', 'one')
  const devops = await second
  const own: string[] = []
  devops.on('notification', ({ title }) => own.push(title))
  await until(() => own.length === 1, 'the notification')
  expect([titles, held.length]).toEqual([['one'], 1])
})

test('[CL5] a first join that was in flight when the connection broke is asked again', async () => {
  const server = await fakeServer()
  const held = hold(server, 'join-channel')
  const client = clientOf(server.url)
  const joined = client.joinChannel('devops')
  await until(() => held.length === 1, 'the first request')
  server.script = (asked) => asked.answer()
  server.cut()
  expect((await joined).state).toBe('joined')
  expect(server.argsOf('join-channel')).toHaveLength(2)
})

test('[CL5] the server lets go of a channel: it is joined again at the next confirmation', async () => {
  const server = await fakeServer()
  let confirmAgain: () => void = () => undefined
  server.greet = (confirm) => {
    confirmAgain = confirm
    confirm()
  }
  const client = clientOf(server.url)
  const devops = await client.joinChannel('devops')
  for (const socket of server.sockets())
    socket.emit('channel-left', { channel: 'devops', message: '', timestamp: '', reason: 'closing' })
  await until(() => devops.state === 'joining', 'the channel to be let go of')
  confirmAgain()
  await until(() => devops.state === 'joined', 'the channel')
  expect(server.argsOf('join-channel')).toHaveLength(2)
})

test('[CL5] a server that confirms anew on the same connection has forgotten the channels', async () => {
  const server = await fakeServer()
  let confirmAgain: () => void = () => undefined
  server.greet = (confirm) => {
    confirmAgain = confirm
    confirm()
  }
  const client = clientOf(server.url)
  const devops = await client.joinChannel('devops')
  const held = hold(server, 'get-stats')
  const stats = client.stats()
  await until(() => held.length === 1, 'a request that will not be answered')
  server.script = (asked) => asked.answer()
  confirmAgain()
  await stats
  await until(() => server.argsOf('join-channel').length === 2, 'the second join')
  await until(() => devops.state === 'joined', 'its answer')
})

test('[G5] a log that the server itself begins anew is told, and the next re-join starts there', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const devops = await client.joinChannel('devops')
  const told = new Promise<ChannelJoined>((resolve) => devops.once('joined', resolve))
  const joined = {
    channel: 'devops',
    message: '',
    clientCount: 7,
    pendingCount: 0,
    timestamp: '',
    hasMore: false,
  }
  const verdict = { epoch: 'e99', offset: 3, recovered: false, reason: 'epoch' }
  for (const socket of server.sockets()) socket.emit('channel-joined', { ...joined, ...verdict })
  expect(await told).toMatchObject(verdict)
  expect(devops.clientCount).toBe(7)
  server.cut()
  await until(() => server.argsOf('join-channel').length === 2, 're-join')
  expect(server.argsOf('join-channel')[1]).toEqual(['devops', { since: { epoch: 'e99', offset: 3 } }])
})

test('[CL3] a channel that is no text is refused without asking', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const names: readonly unknown[] = [42, null, undefined, ['a'], {}]
  for (const name of names) {
    const join: (channel: never) => Promise<unknown> = client.joinChannel
    expect(await rejectionOf(join(name as never))).toMatchObject({ code: 'field-type', outcome: 'unsent' })
  }
  expect(server.asked).toEqual([])
})
