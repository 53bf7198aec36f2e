import { ClientEvent, LIMITS, ServerEvent } from '@carillon/protocol'
import { attachNotifications, createMemoryStore } from '@carillon/server'
import { deferred } from '@carillon/testkit'
import { Server } from 'socket.io'
import { expect, test, vi } from 'vitest'
import { ALICE, asV2, note, stage } from './stage.ts'

test('[P-CLAIM] without authenticate the claimed identity is taken as it is', async () => {
  const { connect } = await stage()
  const client = connect(ALICE)
  expect(await client.next('connection-confirmed')).toMatchObject({ userId: 'user_42' })
  client.emit('send-notification', note('t'))
  expect(await client.next('notification-received')).toMatchObject({ sender: 'Alice' })
})

test('[P-CLAIM] in production a host has to ask for it', async () => {
  vi.stubEnv('NODE_ENV', 'production')
  const io = new Server()
  try {
    expect(() => attachNotifications(io, { log: false })).toThrow(
      expect.objectContaining({ code: 'ACCESS_UNDECIDED' }),
    )
    await attachNotifications(io, { log: false, access: 'open' }).close()
    await attachNotifications(io, { log: false, authenticate: () => null }).close()
  } finally {
    vi.unstubAllEnvs()
  }
})

test('[P-IDENTITY] with authenticate the user is who it says', async () => {
  const { connect } = await stage({ authenticate: () => ({ userId: 'real', username: 'Real' }) })
  const client = connect({ user_id: 'admin', username: 'Admin' })
  expect(await client.next('connection-confirmed')).toMatchObject({ userId: 'real' })
  client.emit('send-notification', note('t'))
  expect(await client.next('notification-received')).toMatchObject({ sender: 'Real' })
})

test('[P-TURNED-AWAY] a refused connection gets one word and ends for good', async () => {
  const { connect } = await stage({ authenticate: () => null })
  const client = connect(ALICE, { reconnection: true })
  client.emit('join-channel', 'devops')
  await client.next('disconnect')
  expect(client.records).toEqual([
    { event: 'connect', args: [] },
    {
      event: 'error-message',
      args: [{ errors: ["L'authentification a échoué"], code: 'unauthenticated', event: null }],
    },
    { event: 'disconnect', args: ['io server disconnect'] },
  ])
  expect(client.socket.active).toBe(false)
})

test('[P-EARLY] what comes before the confirmation waits and keeps its order', async () => {
  const gate = deferred<{ userId: string }>()
  const asked = deferred<void>()
  const authenticate = () => {
    asked.resolve()
    return gate.promise
  }
  const { connect } = await stage({ authenticate })
  const client = connect()
  for (const event of ['join-channel', 'leave-channel', 'join-channel']) client.emit(event, 'devops')
  client.emit('send-notification', note('t', { channel: 'devops' }))
  await asked.promise
  expect(client.records.map(({ event }) => event).filter((event) => event !== 'connect')).toEqual([])
  gate.resolve({ userId: 'user_42' })
  await client.next('notification-received')
  const events = client.records.map(({ event }) => event).filter((event) => event !== 'server-stats')
  expect(events.slice(0, 5)).toEqual([
    'connect',
    'connection-confirmed',
    'channel-joined',
    'channel-left',
    'channel-joined',
  ])
})

test('[P-LIMITS] limits holds exactly what is in force', async () => {
  const { connect } = await stage({ limits: { channelsPerSocket: 7, titleLength: 10 } })
  const client = connect()
  const { limits } = await client.next('connection-confirmed')
  const rates = { rateWindowMs: 10_000, requestsPerWindow: 2_000, sendsPerWindow: 500, joinsPerWindow: 500 }
  expect(limits).toEqual({ ...LIMITS, ...rates, channelsPerSocket: 7, titleLength: 10 })
  expect(await client.ask('send-notification', note('eleven long'))).toMatchObject({
    ok: false,
    code: 'field-too-long',
    details: [{ field: 'title', max: 10 }],
  })
})

test('[P-NULL] null stands for an absent argument or field', async () => {
  const { connect } = await stage()
  const client = connect(ALICE)
  client.emit('join-channel', 'devops', null)
  await client.next('channel-joined')
  const absent = { channel: null, to: null, type: null, data: null, idempotencyKey: null, ttl: null }
  client.emit('send-notification', { ...note('t'), ...absent }, null)
  const received = await client.next('notification-received')
  expect(received).toMatchObject({ channel: null, type: 'info', data: null, stream: 'b' })
  expect(received).not.toHaveProperty('expiresAt')
})

test('[P-LANE] requests on one stream keep their order, however slow the first one is', async () => {
  const gate = deferred<boolean>()
  const { connect, notifications } = await stage({
    authorize: ({ action, channel }) => (action === 'join' && channel === 'slow' ? gate.promise : true),
  })
  const client = connect()
  for (const event of ['join-channel', 'leave-channel', 'join-channel']) client.emit(event, 'slow')
  client.emit('join-channel', 'quick')
  expect(await client.next('channel-joined')).toMatchObject({ channel: 'quick' })
  expect(client.all('channel-left')).toEqual([])
  gate.resolve(true)
  await client.next('channel-joined')
  await client.next('channel-left')
  await client.next('channel-joined')
  expect(await notifications.channels()).toContainEqual({ name: 'slow', clientCount: 1 })
})

test('[P-BUSY] too many unanswered requests are refused, the others are served', async () => {
  const gate = deferred<boolean>()
  const { connect } = await stage({ limits: { requestsPerSocket: 2 }, authorize: () => gate.promise })
  const client = connect()
  await client.next('connection-confirmed')
  const answers = ['a', 'b', 'c'].map((channel) => client.ask('join-channel', channel))
  expect(await answers[2]).toMatchObject({
    ok: false,
    code: 'too-many-requests',
    retryable: true,
    retryAfterMs: expect.any(Number),
  })
  gate.resolve(true)
  expect(await Promise.all(answers.slice(0, 2))).toMatchObject([{ ok: true }, { ok: true }])
})

test('[P-OBJECT] the last argument of every server event is an object or an array', async () => {
  const store = createMemoryStore()
  const { connect, notifications } = await stage({ store })
  const client = connect(ALICE)
  client.emit(ClientEvent.JoinChannel, 'devops')
  client.emit(ClientEvent.SendNotification, note('t', { channel: 'devops' }))
  client.emit(ClientEvent.SendNotification, {})
  client.emit(ClientEvent.GetChannels)
  await client.next('notification-received')
  client.emit(ClientEvent.LeaveChannel, 'devops')
  await client.next('channel-left')
  await client.settle()
  const second = connect(asV2(ALICE))
  await second.ask('join-channel', 'devops', { since: { epoch: 'lost', offset: 0 } })
  await second.next('notifications-batch')
  await store.clear({ scope: '/', kind: 'channel', name: 'devops' })
  await notifications.send(note('t', { channel: 'devops' }))
  await second.next('stream-reset')
  const ours = [...client.records, ...second.records].filter(({ event }) =>
    Object.values<string>(ServerEvent).includes(event),
  )
  expect(new Set(ours.map(({ event }) => event))).toEqual(new Set(Object.values(ServerEvent)))
  expect(ours.filter(({ args }) => typeof args.at(-1) !== 'object' || args.at(-1) === null)).toEqual([])
})
