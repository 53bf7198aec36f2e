/*
 * Reference pages: emitting in every way, acknowledgements, binary, catch-all listeners, of the host's own events.
 * Ids: R-EMIT, R-MODELS, R-FLAGS, R-ACK, R-ACK-SERVER, R-TIMEOUT, R-BINARY, R-ANY
 */
import type { Server } from 'socket.io'
import { expect, test } from 'vitest'
import { note, stage, stock } from '../stage.ts'

test('[R-EMIT] any number of arguments of any kind, in both directions', async () => {
  const got: unknown[][] = []
  const onServer = (io: Server) =>
    io.on('connection', (socket) => {
      socket.emit('hello', { msg: 'world' })
      socket.emit('data', 1, '2', { 3: '4' })
      socket.on('hello', (...args: unknown[]) => {
        got.push(args)
        socket.emit('echo', ...args)
      })
    })
  const { url } = await stage({}, { onServer })
  const client = stock(url)
  expect(await client.next('hello')).toEqual({ msg: 'world' })
  client.emit('hello', 1, '2', { 3: '4', 5: [null, true] })
  await client.next('echo')
  expect(got).toEqual([[1, '2', { 3: '4', 5: [null, true] }]])
  expect(client.records.find(({ event }) => event === 'data')?.args).toEqual([1, '2', { 3: '4' }])
  expect(client.records.find(({ event }) => event === 'echo')?.args).toEqual(got[0])
})

test('[R-MODELS] to this socket, to all, to all but the sender, to a room, to a room but the sender', async () => {
  const onServer = (io: Server) =>
    io.on('connection', (socket) => {
      socket.on('go', async () => {
        await socket.join('room')
        socket.emit('only you')
        io.emit('all')
        socket.broadcast.emit('all but you')
        io.to('room').emit('room')
        socket.to('room').emit('room but you')
        io.except('room').emit('not the room')
        io.emit('end')
      })
      socket.on('enter', (ack: () => void) => void Promise.resolve(socket.join('room')).then(ack))
    })
  const { url } = await stage({}, { onServer })
  const [sender, member, outsider] = [stock(url), stock(url), stock(url)]
  // All three are in a channel that is called like the room: that is another thing.
  for (const client of [sender, member, outsider]) {
    client.emit('join-channel', 'room')
    await client.next('channel-joined')
  }
  await member.ask('enter').catch(() => undefined)
  sender.emit('go')
  const own = ['only you', 'all', 'all but you', 'room', 'room but you', 'not the room']
  const heard = async (client: typeof sender) => {
    await client.next('end')
    return client.records.map(({ event }) => event).filter((event) => own.includes(event))
  }
  expect(await heard(sender)).toEqual(['only you', 'all', 'room'])
  expect(await heard(member)).toEqual(['all', 'all but you', 'room', 'room but you'])
  expect(await heard(outsider)).toEqual(['all', 'all but you', 'not the room'])
})

test('[R-FLAGS] volatile, compress, local and timeout of the host do what they do', async () => {
  const { url, io } = await stage()
  const client = stock(url, { transports: ['websocket'] })
  client.emit('join-channel', 'devops')
  await client.next('channel-joined')
  const [socket] = io.of('/').sockets.values()
  // Volatile may drop what a busy connection cannot take: sent when it is free, it arrives.
  await client.settle()
  socket?.volatile.emit('volatile', 1)
  await client.next('volatile')
  socket?.compress(true).emit('compressed', 2)
  io.local.emit('local', 3)
  io.local.to(socket?.id ?? '').emit('local room', 4)
  for (const event of ['compressed', 'local', 'local room']) await client.next(event)
  expect(client.all('notification-received')).toEqual([])
})

test('[R-ACK] a client asks and the server answers, by callback and by promise, also when it fails', async () => {
  const onServer = (io: Server) =>
    io.on('connection', (socket) => {
      socket.on('save', (data: { id?: number }, callback: (answer: object) => void) => {
        if (data.id === undefined) callback({ status: 'error', msg: 'no id' })
        else callback({ status: 'ok', data: { saved: true, id: data.id } })
      })
    })
  const { url } = await stage({}, { onServer })
  const client = stock(url)
  const byCallback = new Promise((resolve) => client.socket.emit('save', { id: 42 }, resolve))
  expect(await byCallback).toEqual({ status: 'ok', data: { saved: true, id: 42 } })
  expect(await client.socket.timeout(5_000).emitWithAck('save', {})).toEqual({
    status: 'error',
    msg: 'no id',
  })
})

test('[R-ACK-SERVER] the server asks and the client answers', async () => {
  const { url, io } = await stage()
  const client = stock(url)
  client.socket.on('ping', (callback: (answer: string) => void) => callback('pong'))
  await client.next('connection-confirmed')
  const [socket] = io.of('/').sockets.values()
  expect(await socket?.timeout(5_000).emitWithAck('ping')).toBe('pong')
  expect(await io.timeout(5_000).emitWithAck('ping')).toEqual(['pong'])
})

test('[R-TIMEOUT] an answer that does not come is an error on both sides, ours among the others unharmed', async () => {
  const onServer = (io: Server) => io.on('connection', (socket) => void socket.on('save', () => undefined))
  const { url, io } = await stage({}, { onServer })
  const client = stock(url)
  await client.next('connection-confirmed')
  const late = new Promise((resolve) => client.socket.timeout(20).emit('save', 1, resolve))
  expect(String(await late)).toMatch(/timed out/)
  const [socket] = io.of('/').sockets.values()
  await expect(socket?.timeout(20).emitWithAck('unheard')).rejects.toThrow(/timed out/)
  expect(await client.ask('send-notification', note(null, 'still here'))).toMatchObject({ ok: true })
})

test.each([['websocket'], ['polling']])(
  '[R-BINARY] bytes of the host’s own events go both ways over %s',
  async (transport) => {
    const got: unknown[] = []
    const onServer = (io: Server) =>
      io.on('connection', (socket) => {
        socket.on('upload', (name: string, data: { part: Buffer }, ack: (bytes: Buffer) => void) => {
          got.push(name, data.part)
          socket.emit('copy', data, new Uint8Array([9]))
          ack(Buffer.concat([data.part, Buffer.from([7])]))
        })
      })
    const { url } = await stage({}, { onServer })
    const client = stock(url, { transports: [transport] })
    client.emit('join-channel', 'devops')
    const answer = await client.ask('upload', 'file', { part: Uint8Array.from([6, 0, 255]) })
    expect(Buffer.from(answer as Buffer)).toEqual(Buffer.from([6, 0, 255, 7]))
    expect(got).toEqual(['file', Buffer.from([6, 0, 255])])
    expect(await client.next('copy')).toEqual({ part: Buffer.from([6, 0, 255]) })
    client.emit('send-notification', note('devops', 'text in between'))
    await client.next('notification-received')
  },
)

test('[R-ANY] catch-all listeners on both sides see the host’s events and ours', async () => {
  const seen: { in: string[]; out: string[] } = { in: [], out: [] }
  const onServer = (io: Server) =>
    io.on('connection', (socket) => {
      socket.onAny((event: string) => seen.in.push(event))
      socket.onAnyOutgoing((event: string) => seen.out.push(event))
      socket.on('hello', () => socket.emit('hi'))
    })
  const { url } = await stage({ stats: { minIntervalMs: 60_000 } }, { onServer })
  const client = stock(url)
  const outgoing: string[] = []
  client.socket.onAnyOutgoing((event: string) => outgoing.push(event))
  const incoming: string[] = []
  client.socket.prependAny((event: string) => incoming.push(event))
  await client.next('server-stats')
  client.emit('hello')
  client.emit('join-channel', 'devops')
  client.emit('send-notification', note('devops', 'a'))
  await client.next('notification-received')
  await client.next('notification-sent')
  const sent = ['hello', 'join-channel', 'send-notification']
  expect(outgoing).toEqual(sent)
  expect(seen.in).toEqual(sent)
  expect(incoming).toEqual(seen.out)
  const first = ['connection-confirmed', 'server-stats', 'hi', 'channel-joined']
  expect(seen.out.slice(0, 4)).toEqual(first)
  expect(seen.out.slice(4).sort()).toEqual(['notification-received', 'notification-sent'])
})
