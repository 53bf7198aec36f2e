/*
 * Reference pages: the rooms of the host. Ours never touch them, and theirs never reach our members.
 * Ids: R-ROOMS, R-ROOM-OF-ID, R-LEAVING, R-CHAT-ROOM, G8
 */
import { until } from '@carillon/testkit'
import type { Server } from 'socket.io'
import { expect, test } from 'vitest'
import { as, note, stage, stock } from '../stage.ts'

const isOurs = (room: string) => room.startsWith('carillon:')

test('[R-ROOMS] socket.rooms and adapter.rooms hold the host’s rooms, and besides only prefixed ones', async () => {
  const { url, io } = await stage()
  const client = stock(url, as('bob'))
  client.emit('join-channel', 'devops')
  await client.next('channel-joined')
  const [socket] = io.of('/').sockets.values()
  await socket?.join('room-1')
  await socket?.join(['room-2', 'devops'])
  const hostRooms = () => [...(socket?.rooms ?? [])].filter((room) => !isOurs(room))
  expect(hostRooms()).toEqual([socket?.id, 'room-1', 'room-2', 'devops'])
  await socket?.leave('room-1')
  await socket?.leave('devops')
  expect(hostRooms()).toEqual([socket?.id, 'room-2'])
  const all = [...io.sockets.adapter.rooms.keys()].filter((room) => !isOurs(room))
  expect(all).toEqual([socket?.id, 'room-2'])
  // Leaving the host's room is not leaving the channel of that name.
  client.emit('send-notification', note('devops', 'still a member'))
  await client.next('notification-received')
})

test('[G8] a room that is named like a channel gets nothing of the channel, and the other way round', async () => {
  const { url, io } = await stage()
  const inRoom = stock(url)
  const inChannel = stock(url)
  await inRoom.next('connection-confirmed')
  await io
    .of('/')
    .sockets.get(inRoom.socket.id ?? '')
    ?.join('devops')
  inChannel.emit('join-channel', 'devops')
  await inChannel.next('channel-joined')
  io.to('devops').emit('of the host', 1)
  inChannel.emit('send-notification', note('devops', 'of ours'))
  await inRoom.next('of the host')
  await inChannel.next('notification-received')
  await Promise.all([inRoom.settle(), inChannel.settle()])
  expect(inRoom.all('notification-received')).toEqual([])
  expect(inChannel.all('of the host')).toEqual([])
})

test('[R-ROOM-OF-ID] every socket keeps the room of its own id', async () => {
  const { url, io } = await stage()
  const [one, two] = [stock(url), stock(url)]
  await Promise.all([one, two].map((client) => client.next('connection-confirmed')))
  io.to(one.socket.id ?? '').emit('for one')
  await one.next('for one')
  await two.settle()
  expect(two.all('for one')).toEqual([])
  io.in(one.socket.id ?? '').disconnectSockets()
  await one.next('disconnect')
})

test.each(['before', 'after'])(
  '[R-LEAVING] "disconnecting" of a host that listens %s sees its rooms, and tells nobody else',
  async (when) => {
    const listen = (io: Server) =>
      io.on('connection', (socket) => {
        socket.on(
          'enter',
          (room: string, ack: () => void) => void Promise.resolve(socket.join(room)).then(ack),
        )
        socket.on('disconnecting', () => {
          for (const room of socket.rooms) socket.to(room).emit('user:left', room === socket.id ? 'id' : room)
        })
      })
    const { url, io } = await stage({}, when === 'before' ? { onServer: listen } : {})
    if (when === 'after') listen(io)
    const [leaver, friend, stranger] = [stock(url, as('bob')), stock(url), stock(url)]
    for (const client of [leaver, friend, stranger]) {
      client.emit('join-channel', 'devops')
      await client.next('channel-joined')
    }
    for (const client of [leaver, friend]) {
      await new Promise<void>((resolve) => client.emit('enter', 'room-1', () => resolve()))
    }
    leaver.socket.disconnect()
    await friend.next('user:left')
    await until(async () => (await io.fetchSockets()).length === 2, 'the server notices')
    await Promise.all([friend.settle(), stranger.settle()])
    expect(friend.all('user:left')).toEqual(['room-1'])
    expect(stranger.all('user:left')).toEqual([])
  },
)

test('[R-CHAT-ROOM] the chat room of the reference works beside channels of the same name', async () => {
  const onServer = (io: Server) =>
    io.on('connection', (socket) => {
      socket.on('chat:join', async (room: string) => {
        await socket.join(room)
        socket.to(room).emit('chat:joined', socket.id)
      })
      socket.on('chat:message', ({ room, text }: { room: string; text: string }) => {
        io.to(room).emit('chat:message', { from: socket.id, text })
      })
    })
  const { url } = await stage({}, { onServer })
  const [alice, bob, carol] = [stock(url), stock(url), stock(url)]
  alice.emit('chat:join', 'lobby')
  await alice.settle()
  bob.emit('chat:join', 'lobby')
  expect(await alice.next('chat:joined')).toBe(bob.socket.id)
  carol.emit('join-channel', 'lobby')
  await carol.next('channel-joined')
  bob.emit('chat:message', { room: 'lobby', text: 'hi' })
  for (const client of [alice, bob]) {
    expect(await client.next('chat:message')).toEqual({ from: bob.socket.id, text: 'hi' })
  }
  carol.emit('send-notification', note('lobby', 'of the channel'))
  await carol.next('notification-received')
  await Promise.all([alice, bob, carol].map((client) => client.settle()))
  expect(carol.all('chat:message')).toEqual([])
  expect([...alice.all('notification-received'), ...bob.all('notification-received')]).toEqual([])
})
