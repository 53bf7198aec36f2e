/* Rooms that are not theirs, and channels that are somebody else's. THREATS S04, S05, S06, S30, S39 */
import { createMemoryStore, type NotificationStore } from '@carillon/store'
import type { RawClient } from '@carillon/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { as, note } from '../wire/stage.ts'
import { hostileRoom, PUBLIC } from './hostile-room.ts'

const memory = createMemoryStore()
const read: string[] = []
/** Tells which streams were read. */
const store: NotificationStore = {
  ...memory,
  read: (stream, query) => {
    read.push(stream.name)
    return memory.read(stream, query)
  },
}

const room = hostileRoom({
  store,
  authorize: ({ action, user, channel }) =>
    action === 'stats' || user.userId === 'honest' || !(channel ?? 'secret').startsWith('secret'),
  host: (io) =>
    io.on('connection', (socket) => {
      if (socket.handshake.auth.user_id === 'victim') void socket.join('user:42')
    }),
})

beforeEach(() => void read.splice(0))

/** What a host of Socket.IO keeps private with rooms of its own. */
async function victim(): Promise<{ client: RawClient; socketId: string }> {
  const client = await room.attacker({ name: 'victim', ...as('victim') })
  const [confirmed] = client.all('connection-confirmed')
  return { client, socketId: confirmed?.socketId ?? '' }
}

const ofHost = (client: RawClient): unknown[] =>
  client.records.filter(({ event }) => event === 'private').map(({ args }) => args[0])

test('[S04] the room of a socket is not joined by its name', async () => {
  const { client, socketId } = await victim()
  const attacker = await room.attacker()
  for (const channel of [socketId, 'user:42']) {
    expect(await attacker.sendEventWithAck('join-channel', channel)).toMatchObject({ ok: true })
    room.io.to(channel).emit('private', channel)
  }
  await attacker.settle()
  await client.settle()
  expect(ofHost(client)).toEqual([socketId, 'user:42'])
  expect(ofHost(attacker)).toEqual([])
})

test('[S04] nor are our own rooms, by whatever name', async () => {
  const attacker = await room.attacker()
  const other = await room.attacker({ name: 'other', ...as('other') })
  const { socketId } = await victim()
  const ours = [...room.io.of('/').adapter.rooms.keys()].filter((name) => name.startsWith('carillon'))
  expect(ours.length).toBeGreaterThan(0)
  for (const name of [...ours, `carillon:s:${socketId}`, 'carillon', ':', 'c:public', 'b', 'u'])
    await attacker.sendEventWithAck('join-channel', name)
  await room.notifications.send(note(PUBLIC, 'for the members'))
  await room.notifications.send({ ...note(null, 'for one'), to: { user: 'other' } })
  expect((await other.next('notification-received')).title).toBe('for one')
  await room.honest.next('notification-received', ({ title }) => title === 'for the members')
  await attacker.settle()
  expect(attacker.all('notification-received')).toEqual([])
})

test('[S05] what is sent to a channel reaches its members, not a room of the same name', async () => {
  const { client, socketId } = await victim()
  const attacker = await room.attacker()
  for (const channel of [socketId, 'user:42', `carillon:s:${socketId}`])
    expect(await attacker.sendEventWithAck('send-notification', note(channel, 'forged'))).toMatchObject({
      ok: true,
    })
  await client.settle()
  expect(client.all('notification-received')).toEqual([])
})

test('[S05] who may send is what the host says', async () => {
  const attacker = await room.attacker()
  for (const channel of ['secret', null])
    expect(await attacker.sendEventWithAck('send-notification', note(channel, 'forged'))).toMatchObject({
      ok: false,
      code: 'not-allowed',
    })
  expect(room.honest.all('notification-received').map(({ title }) => title)).not.toContain('forged')
})

test('[S06] a socket cannot leave the rooms that the host needs to reach it', async () => {
  const { client, socketId } = await victim()
  for (const name of [socketId, 'user:42', `carillon:s:${socketId}`])
    expect(await client.sendEventWithAck('leave-channel', name)).toMatchObject({ ok: true })
  room.io.to(socketId).emit('private', 1)
  room.io.to('user:42').emit('private', 2)
  await client.settle()
  expect(ofHost(client)).toEqual([1, 2])
  await room.notifications.send({ ...note(null, 'yours'), to: { user: 'victim' } })
  expect((await client.next('notification-received')).title).toBe('yours')
  room.io.in(socketId).disconnectSockets(true)
  await client.closed
})

describe('[S30] without the right to join', () => {
  test('nothing is read, counted or told, whatever position is claimed', async () => {
    await room.honest.sendEventWithAck('join-channel', 'secret')
    const sent = await room.notifications.send(note('secret', 'not for you'))
    await room.honest.next('notification-received', ({ title }) => title === 'not for you')
    const attacker = await room.attacker()
    read.length = 0
    const place = { epoch: sent.epoch, offset: 0 }
    for (const options of [
      null,
      { since: place },
      { rewind: 100 },
      { since: { ...place, id: 'x' }, rewind: 1 },
    ])
      expect(await attacker.sendEventWithAck('join-channel', 'secret', options)).toEqual({
        ok: false,
        code: 'not-allowed',
        errors: [expect.any(String)],
        retryable: false,
        details: [{ code: 'not-allowed', action: 'join' }],
      })
    for (const query of [{}, { after: 0 }, { before: 2 }, { limit: 1 }])
      expect(await attacker.sendEventWithAck('get-history', { stream: 'c:secret', ...query })).toMatchObject({
        ok: false,
        code: 'not-allowed',
      })
    await attacker.sendEventWithAck('ack-notifications', { 'c:secret': place })
    await attacker.settle()
    expect(read).toEqual([])
    expect(attacker.all('notification-received')).toEqual([])
    expect(attacker.all('channel-joined')).toEqual([])
    await room.honest.sendEventWithAck('leave-channel', 'secret')
  })

  test('a stream of somebody else cannot be named', async () => {
    await room.notifications.send({ ...note(null, 'for honest'), to: { user: 'honest' } })
    await room.honest.next('notification-received', ({ title }) => title === 'for honest')
    const guest = await room.attacker()
    const other = await room.attacker(as('mallory'))
    for (const stream of ['u:honest', 'u/honest', 'U', 'honest'])
      expect(await other.sendEventWithAck('get-history', { stream })).toMatchObject({ ok: false })
    expect(await guest.sendEventWithAck('get-history', { stream: 'u' })).toMatchObject({
      code: 'not-allowed',
    })
    expect(await other.sendEventWithAck('get-history', { stream: 'u' })).toMatchObject({
      ok: true,
      items: [],
    })
  })
})

test('[S39] "you may not" and "there is no such thing" are one answer', async () => {
  await room.honest.sendEventWithAck('join-channel', 'secret there')
  await room.notifications.send(note('secret there', 'not for you'))
  const attacker = await room.attacker()
  const position = { epoch: 'e', offset: 3 }
  const answersFor = async (name: string): Promise<unknown[]> => [
    await attacker.sendEventWithAck('join-channel', name),
    await attacker.sendEventWithAck('join-channel', name, { since: position }),
    await attacker.sendEventWithAck('send-notification', note(name, 'a')),
    await attacker.sendEventWithAck('get-history', { stream: `c:${name}` }),
    await attacker.sendEventWithAck('ack-notifications', { [`c:${name}`]: position }),
  ]
  const there = await answersFor('secret there')
  expect(there).toEqual(await answersFor('secret gone!'))
  const errors = attacker.all('error-message')
  expect(errors.slice(0, errors.length / 2)).toEqual(errors.slice(errors.length / 2))
  await room.honest.sendEventWithAck('leave-channel', 'secret there')
})
