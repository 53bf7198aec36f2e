/*
 * close() leaves no trace: no listener, no room, no timer; sockets and the host's own events go on.
 * Ids: G9
 */
import { deferred, leakCheck, until } from '@carillon/testkit'
import type { Server } from 'socket.io'
import { expect, test } from 'vitest'
import {
  attachNotifications,
  createMemoryStore,
  type NotificationsHandle,
  type NotificationsOptions,
} from '../../src/index.ts'
import { join } from './replay.ts'
import { afterTest, as, note, raw, stage, stock, V2 } from './stage.ts'

const SILENT = { log: false } as const

/** Counts everything that Carillon could hang something on: from now until the check. */
function traces(io: Server): ReturnType<typeof leakCheck> {
  const nsp = io.of('/')
  const emitters = { nsp, adapter: nsp.adapter, engine: io.engine, process }
  for (const [at, socket] of [...nsp.sockets.values()].entries()) {
    Object.assign(emitters, {
      [`socket ${at}`]: socket,
      [`connection ${at}`]: socket.conn,
      [`transport ${at}`]: socket.conn.transport,
    })
  }
  const check = leakCheck({ emitters, rooms: io })
  afterTest(check.stop)
  return check
}

async function attachTo(io: Server, options: NotificationsOptions = {}): Promise<NotificationsHandle> {
  const handle = attachNotifications(io, { ...SILENT, ...options })
  afterTest(handle.close)
  return handle
}

/** A host of its own, with everybody connected before Carillon comes. */
async function host(ioOptions: object = {}) {
  const played = await stage({}, { on: (io) => io.of('/elsewhere'), ioOptions })
  played.io.on('connection', (socket) => {
    void socket.join('host room')
    socket.on('hello', (ack: (answer: string) => void) => ack('world'))
  })
  const clients = [
    stock(played.url, { ...as('alice'), transports: ['websocket'] }),
    stock(played.url, { ...as('bob'), transports: ['polling'] }),
    stock(played.url, { auth: V2, transports: ['websocket'] }),
    stock(played.url, { transports: ['websocket'] }),
  ] as const
  for (const client of clients) {
    await client.next('connect')
    expect(await client.ask('hello')).toBe('world')
  }
  return { ...played, clients }
}

const RECOVERY = { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } }

test.each([
  ['', {}],
  [' with connection state recovery', RECOVERY],
] as const)('[G9] nothing is left on a server%s, and twice is harmless', async (_, ioOptions) => {
  const { io, clients } = await host(ioOptions)
  const check = traces(io)
  for (let round = 1; round <= 2; round++) {
    const notifications = await attachTo(io, { authorize: async () => true })
    for (const client of clients) {
      await client.next('connection-confirmed')
      client.emit('join-channel', 'devops')
      await client.next('channel-joined')
      client.emit('send-notification', note('devops', 'hello'))
      client.emit('send-notification', note(null, 'hello'))
      client.emit('send-notification', {})
      client.emit('get-channels')
      await client.next('channels-list')
      await client.settle()
    }
    clients[1].emit('leave-channel', 'devops')
    await clients[1].next('channel-left')
    await Promise.all([notifications.close(), notifications.close()])
    await notifications.close()
    expect([...(io.of('/').adapter.rooms.get('host room') ?? [])]).toHaveLength(clients.length)
  }
  await check.verify()
  for (const client of clients) {
    expect(client.socket.connected).toBe(true)
    expect(await client.ask('hello')).toBe('world')
  }
})

test('[G9] close() in the middle of everything ends all of it', async () => {
  const { io, url } = await host()
  const store = createMemoryStore()
  const before = await attachTo(io, { store })
  const away = stock(url, as('carol'))
  await join(away, 'big')
  await before.close()
  away.close()
  await until(() => io.of('/').sockets.size === 4, 'carol is gone')
  const writer = await attachTo(io, { store })
  for (let n = 1; n <= 500; n++)
    await writer.send({ channel: 'big', title: `${n}`, message: 'x'.repeat(10_000) })
  await writer.close()

  const slow = raw(url, as('carol'))
  await slow.connected()
  const asking = raw(url, as('dave'))
  await asking.connected()
  const check = traces(io)
  const never = deferred<boolean>()
  const notifications = await attachTo(io, {
    store,
    limits: { pageItems: 5 },
    authorize: ({ channel }) => (channel === 'slow' ? never.promise : true),
  })
  await slow.next('connection-confirmed')
  slow.stopReading()
  slow.sendEvent('join-channel', 'big')
  const socket = [...io.of('/').sockets.values()].find(({ handshake }) => handshake.auth.user_id === 'carol')
  await until(() => socket?.conn.transport.writable === false, 'a reader that does not read')
  asking.sendEvent('join-channel', 'slow')
  asking.sendEvent('send-notification', note('slow', 'never'))
  await asking.settle()
  await notifications.close()
  // What is on its way to somebody who does not read is the network's.
  await until(() => check.left().every((trace) => trace === 'handle SimpleWriteWrap'), 'nothing of ours left')
  check.stop()
  slow.startReading()
  expect(socket?.connected).toBe(true)
})

test('[G9] a hook that hangs at the connection does not hold close() up', async () => {
  const { io } = await host()
  const check = traces(io)
  const notifications = await attachTo(io, { authenticate: () => new Promise(() => undefined) })
  await notifications.close()
  await check.verify()
})

test('[G9] what was accepted is finished first, what comes later is not heard', async () => {
  const { io, url, clients } = await host()
  const store = createMemoryStore()
  const notifications = await attachTo(io, { store })
  const [alice, bob] = clients
  await join(bob, 'devops')
  const sending = [1, 2, 3].map((n) => notifications.send(note('devops', `${n}`)))
  await notifications.close()
  expect((await Promise.all(sending)).map(({ offset }) => offset)).toEqual([1, 2, 3])
  await bob.next('notification-received', ({ title }) => title === '3')

  alice.emit('send-notification', note('devops', 'too late'))
  expect(await alice.ask('hello')).toBe('world')
  expect(alice.all('notification-sent')).toEqual([])
  await expect(notifications.send(note('devops', 'too late'))).rejects.toMatchObject({ code: 'CLOSED' })
  const late = stock(url)
  await late.next('connect')
  expect(await late.ask('hello')).toBe('world')
  expect(late.all('connection-confirmed')).toEqual([])
})

test('[G9] attached again over the same store, it goes on where it was', async () => {
  const { io, clients } = await host()
  const store = createMemoryStore()
  const [alice, bob] = clients
  const first = await attachTo(io, { store })
  for (const client of [alice, bob]) await join(client, 'devops')
  await first.send(note('devops', 'one'))
  await first.close()
  const second = await attachTo(io, { store })
  await second.send(note('devops', 'two'))
  await until(() => bob.all('connection-confirmed').length === 2, 'confirmed again')
  // Nothing has proved that "one" arrived.
  const { titles, joined } = await join(bob, 'devops')
  expect([titles, joined.clientCount]).toEqual([['one', 'two'], 1])
  expect(await second.stats()).toMatchObject({ connectedClients: clients.length, activeChannels: 1 })
})

test('[G9] a store that was given stays open', async () => {
  let closed = 0
  const memory = createMemoryStore()
  const store = { ...memory, close: async () => void closed++ }
  const { io } = await host()
  const notifications = await attachTo(io, { store })
  await notifications.close()
  expect(closed).toBe(0)
  expect(await store.heads([{ scope: '/', kind: 'broadcast', name: '' }])).toHaveLength(1)
})
