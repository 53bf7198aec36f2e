/*
 * Socket.IO's own connection state recovery beside ours: it may bring a socket back, but not our rooms.
 * Ids: G2, G3, G8
 */
import { until } from '@carillon/testkit'
import type { Server } from 'socket.io'
import { expect, test } from 'vitest'
import { join } from './replay.ts'
import { as, note, type Stage, stage, stock, V2 } from './stage.ts'

const RECOVERING = {
  ioOptions: { connectionStateRecovery: { maxDisconnectionDuration: 120_000 } },
} as const

/** Cuts the only other connection and waits until the server knows. */
async function cut(played: Stage, id: string | undefined): Promise<void> {
  played.io
    .of('/')
    .sockets.get(id ?? '')
    ?.conn.close()
  await until(() => !played.io.of('/').sockets.has(id ?? ''), 'the server notices')
}

test.each([as('bob'), { auth: {} }])(
  '[G2] a client that recovers is in its channel again, gets what it missed once, and is counted once (%j)',
  async (options) => {
    const hostRooms: string[][] = []
    const onServer = (io: Server) =>
      io.on('connection', (socket) => {
        if (socket.recovered) hostRooms.push([...socket.rooms])
        void socket.join('host room')
      })
    const played = await stage({}, { ...RECOVERING, onServer })
    const bob = stock(played.url, { ...options, reconnectionDelay: 100 })
    await join(bob, 'devops')
    await played.notifications.send(note('devops', 'live'))
    await bob.next('notification-received', ({ title }) => title === 'live')
    const { id } = bob.socket
    await cut(played, id)
    for (const title of ['missed 1', 'missed 2']) await played.notifications.send(note('devops', title))
    played.io.to('host room').emit('of the host', 1)

    await until(() => bob.socket.recovered && bob.socket.connected, 'Socket.IO recovers')
    const rejoined = await bob.next('channel-joined', ({ recovered }) => recovered === true)
    expect(bob.socket.id).toBe(id)
    expect(rejoined).toMatchObject({ channel: 'devops', clientCount: 1 })
    await bob.next('notification-received', ({ title }) => title === 'missed 2')
    await bob.next('of the host')
    await played.notifications.send(note('devops', 'live again'))
    await bob.next('notification-received', ({ title }) => title === 'live again')
    await bob.settle()

    const items = bob.all('notification-received')
    const count = (title: string, replayed: true | undefined) =>
      items.filter((item) => item.title === title && item.replayed === replayed).length
    expect(items.filter(({ replayed }) => replayed === undefined).map(({ title }) => title)).toEqual([
      'live',
      'live again',
    ])
    for (const title of ['missed 1', 'missed 2']) expect(count(title, true)).toBe(1)
    expect(items.filter(({ replayed }) => replayed).length).toBe(rejoined.pendingCount)
    expect(await played.notifications.channels()).toEqual([{ name: 'devops', clientCount: 1 }])
    expect(await played.notifications.stats()).toMatchObject({ connectedClients: 1, activeChannels: 1 })
    // What Socket.IO brought back was of the host alone.
    expect(hostRooms).toEqual([[id, 'host room']])
  },
)

test('[G3] a client of the second version that recovers joins by itself and gets no double', async () => {
  const played = await stage({}, RECOVERING)
  const bob = stock(played.url, { auth: { ...as('bob').auth, ...V2 }, reconnectionDelay: 100 })
  await bob.next('connection-confirmed')
  await bob.ask('join-channel', 'devops')
  await played.notifications.send(note('devops', '1'))
  const { epoch, offset } = await bob.next('notification-received')
  await cut(played, bob.socket.id)
  await played.notifications.send(note('devops', '2'))
  await until(() => bob.socket.recovered && bob.socket.connected, 'Socket.IO recovers')
  await bob.next('connection-confirmed')
  const answer = await bob.ask('join-channel', 'devops', { since: { epoch, offset } })
  expect(answer).toMatchObject({ ok: true, recovered: true, pendingCount: 1, clientCount: 1 })
  await bob.next('notifications-batch')
  await bob.settle()
  expect(bob.all('notification-received').map(({ title }) => title)).toEqual(['1'])
  const batches = bob.all('notifications-batch')
  expect(batches.flatMap(({ items }) => items.map(({ title }) => title))).toEqual(['2'])
  expect(bob.all('channel-joined')).toEqual([])
})

test('[G8] rights are asked for again when a client recovers', async () => {
  let isAllowed = true
  const authorize = ({ action }: { action: string }) => action !== 'join' || isAllowed
  const played = await stage({ authorize }, RECOVERING)
  const bob = stock(played.url, { ...as('bob'), reconnectionDelay: 100 })
  await join(bob, 'devops')
  await played.notifications.send(note('devops', 'live'))
  await bob.next('notification-received')
  isAllowed = false
  await cut(played, bob.socket.id)
  await played.notifications.send(note('devops', 'secret'))
  await until(() => bob.socket.recovered && bob.socket.connected, 'Socket.IO recovers')
  expect(await bob.next('error-message')).toMatchObject({ code: 'not-allowed', event: 'join-channel' })
  await played.notifications.send(note('devops', 'secret too'))
  await bob.settle()
  expect(bob.all('notification-received').map(({ title }) => title)).toEqual(['live'])
  expect(await played.notifications.channels()).toEqual([])
})

test('[G8] a private event reaches nobody who has joined a room named like the victim', async () => {
  const played = await stage({}, RECOVERING)
  played.io.on('connection', (socket) => {
    // A host that lets clients name rooms, as tutorials do.
    socket.on('subscribe', (room: string) => void socket.join(room))
  })
  const victim = stock(played.url, as('victim'))
  await victim.next('connection-confirmed')
  const attacker = stock(played.url)
  await attacker.next('connection-confirmed')
  attacker.emit('subscribe', victim.socket.id)
  await attacker.settle()
  const before = attacker.records.length
  victim.emit('join-channel', 'secret plans')
  await victim.next('channel-joined')
  victim.emit('get-channels')
  await victim.next('channels-list')
  await attacker.settle()
  const leaked = attacker.records.slice(before).filter(({ event }) => event !== 'server-stats')
  expect(leaked).toEqual([])
})
