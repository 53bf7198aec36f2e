/*
 * Reference pages: middleware, handshake, refused connections.
 * Ids: R-MIDDLEWARE, R-NSP-MIDDLEWARE, R-HANDSHAKE, R-DATA, R-SOCKET-MIDDLEWARE
 */
import type { Server, Socket } from 'socket.io'
import { expect, test } from 'vitest'
import { attachNotifications } from '../../../src/index.ts'
import { afterTest, as, note, stage, stock } from '../stage.ts'

test('[R-MIDDLEWARE] whom the host’s middleware refuses sees connect_error, and nothing of ours', async () => {
  const asked: string[] = []
  const onServer = (io: Server) =>
    io.use((socket, next) => {
      if (socket.handshake.auth.token === 'good') return next()
      next(Object.assign(new Error('authentication failed'), { data: { code: 401 } }))
    })
  const authenticate = (socket: Socket) => {
    asked.push(socket.id)
    return { userId: 'somebody' }
  }
  const { url, notifications } = await stage({ authenticate }, { onServer })
  const refused = stock(url, { auth: { token: 'bad' } })
  const error = await refused.next('connect_error')
  expect(error).toMatchObject({ message: 'authentication failed', data: { code: 401 } })
  refused.emit('join-channel', 'devops')
  const welcome = stock(url, { auth: { token: 'good' } })
  await welcome.next('connection-confirmed')
  await notifications.send(note(null, 'for those who are in'))
  await welcome.next('notification-received')
  expect(refused.records.map(({ event }) => event)).toEqual(['connect_error'])
  expect(asked).toEqual([welcome.socket.id])
  expect(await notifications.stats()).toMatchObject({ connectedClients: 1 })
})

test('[R-NSP-MIDDLEWARE] a namespace may refuse what the server lets in', async () => {
  const { url, io } = await stage()
  const admin = io.of('/admin')
  admin.use((socket, next) => {
    if (socket.handshake.auth.role === 'admin') return next()
    next(new Error('not authorized'))
  })
  const notifications = attachNotifications(admin, { log: false })
  afterTest(notifications.close)
  const refused = stock(`${url}/admin`, { auth: { role: 'guest' } })
  expect(await refused.next('connect_error')).toMatchObject({ message: 'not authorized' })
  const main = stock(url, { auth: { role: 'guest' } })
  await main.next('connection-confirmed')
  const boss = stock(`${url}/admin`, { auth: { role: 'admin' } })
  await boss.next('connection-confirmed')
  expect(refused.records.map(({ event }) => event)).toEqual(['connect_error'])
})

test('[R-HANDSHAKE] auth, headers and query are there for the host’s listener and for authenticate', async () => {
  const seen: object[] = []
  const read = ({ handshake: { auth, headers, query } }: Socket) => {
    seen.push({ auth, header: headers['x-team'], color: query.color })
  }
  const authenticate = async (socket: Socket) => {
    read(socket)
    const { token } = socket.handshake.auth
    return token === 'alice-token' ? { userId: 'alice', username: 'Alice' } : null
  }
  const { url } = await stage({ authenticate }, { onServer: (io) => io.on('connection', read) })
  const auth = { token: 'alice-token', user_id: 'mallory', username: 'Mallory' }
  const client = stock(url, { auth, query: { color: 'red' }, extraHeaders: { 'x-team': 'blue' } })
  // Who it is says the hook, not the client.
  expect((await client.next('connection-confirmed')).userId).toBe('alice')
  client.emit('send-notification', note(null, 'me'))
  expect((await client.next('notification-received')).sender).toBe('Alice')
  expect(seen).toEqual([
    { auth, header: 'blue', color: 'red' },
    { auth, header: 'blue', color: 'red' },
  ])
})

test('[R-DATA] socket.data of the host’s middleware arrives, and we add nothing to it', async () => {
  const onServer = (io: Server) =>
    io.use((socket, next) => {
      socket.data.user = 'carol'
      next()
    })
  const authenticate = (socket: Socket) => ({ userId: String(socket.data.user) })
  const { url, io } = await stage({ authenticate }, { onServer })
  const client = stock(url, as('mallory'))
  expect((await client.next('connection-confirmed')).userId).toBe('carol')
  const [socket] = io.of('/').sockets.values()
  expect(socket?.data).toEqual({ user: 'carol' })
})

test('[R-SOCKET-MIDDLEWARE] socket.use of the host sees every request and may stop it', async () => {
  const onServer = (io: Server) =>
    io.on('connection', (socket) => {
      socket.use(([event], next) => next(event === 'join-channel' ? new Error('not today') : undefined))
      socket.on('error', (error) => socket.emit('stopped', error.message))
    })
  const { url, notifications } = await stage({}, { onServer })
  const client = stock(url)
  client.emit('join-channel', 'devops')
  expect(await client.next('stopped')).toBe('not today')
  await client.settle()
  expect(client.all('channel-joined')).toEqual([])
  expect(await notifications.channels()).toEqual([])
})
