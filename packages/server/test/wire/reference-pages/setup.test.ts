/*
 * Reference pages: configuration, Express, CORS, path, options of the server, life of a connection.
 * Ids: R-EXPRESS, R-OWN-SERVER, R-CORS, R-PATH, R-HEARTBEAT, R-SIZE, R-LIFECYCLE, R-ERROR-EVENT, R-TYPED
 */
import type { AddressInfo } from 'node:net'
import { createMemoryStore } from '@carillon/store'
import { until } from '@carillon/testkit'
import express from 'express'
import { Server } from 'socket.io'
import { expect, test } from 'vitest'
import { attachNotifications } from '../../../src/index.ts'
import { afterTest, as, note, raw, stage, stock } from '../stage.ts'

test('[R-EXPRESS] the routes of Express answer beside it, and its 404 is Express’s own', async () => {
  const app = express()
  app.get('/', (_, res) => void res.send('Serveur Socket.IO actif'))
  app.get('/send/:title', async (req, res) => {
    res.json(await played.notifications.send(note('devops', req.params.title)))
  })
  const played = await stage({}, { app })
  expect(await (await fetch(played.url)).text()).toBe('Serveur Socket.IO actif')
  expect((await fetch(`${played.url}/nothing`)).status).toBe(404)
  const client = stock(played.url)
  client.emit('join-channel', 'devops')
  await client.next('channel-joined')
  expect(await (await fetch(`${played.url}/send/hello`)).json()).toMatchObject({
    channel: 'devops',
    offset: 1,
  })
  expect(await client.next('notification-received')).toMatchObject({ title: 'hello', sender: 'Serveur' })
})

test('[R-OWN-SERVER] a server that Socket.IO opens itself is served as well', async () => {
  const io = new Server(0, { cors: { origin: 'http://localhost:5173' } })
  afterTest(() => io.close())
  const notifications = attachNotifications(io, { log: false, store: createMemoryStore() })
  afterTest(notifications.close)
  const address: unknown = Reflect.get(io, 'httpServer')?.address()
  const client = stock(`http://127.0.0.1:${(address as AddressInfo).port}`)
  expect((await client.next('connection-confirmed')).socketId).toBe(client.socket.id)
})

test('[R-CORS] the header is the one that the host has set, and polling goes on', async () => {
  const origin = 'http://localhost:5173'
  const { url } = await stage({}, { ioOptions: { cors: { origin } } })
  const answer = await fetch(`${url}/socket.io/?EIO=4&transport=polling`, { headers: { origin } })
  expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
  expect(await answer.text()).toMatch(/^0\{"sid"/)
  const client = stock(url, { transports: ['polling'], extraHeaders: { origin } })
  await client.next('connection-confirmed')
})

test('[R-PATH] a custom path serves, the usual one does not', async () => {
  const { url } = await stage({}, { ioOptions: { path: '/live/' }, app: express() })
  const client = stock(url, { path: '/live/' })
  client.emit('join-channel', 'devops')
  await client.next('channel-joined')
  const lost = stock(url, { reconnection: false })
  await lost.next('connect_error')
  expect(lost.all('connection-confirmed')).toEqual([])
})

test('[R-HEARTBEAT] pingInterval and pingTimeout are the host’s', async () => {
  const { url, io } = await stage({}, { ioOptions: { pingInterval: 30, pingTimeout: 40 } })
  const reasons: string[] = []
  io.on('connection', (socket) => void socket.on('disconnect', (reason) => reasons.push(reason)))
  const client = raw(url, as('bob'))
  await client.next('connection-confirmed')
  await client.nextFrame(({ kind }) => kind === 'ping', 'a ping')
  client.answerPings(false)
  await client.closed
  await until(() => reasons.length === 1, 'the disconnect')
  expect(reasons).toEqual(['ping timeout'])
})

test('[R-SIZE] what is over maxHttpBufferSize ends its own connection only', async () => {
  const { url } = await stage({}, { ioOptions: { maxHttpBufferSize: 1_000 } })
  const other = raw(url)
  await other.next('connection-confirmed')
  const client = raw(url)
  await client.next('connection-confirmed')
  client.sendEvent('send-notification', { ...note(null, 'a'), message: 'x'.repeat(2_000) })
  await client.closed
  await other.settle()
  expect(other.all('notification-received')).toEqual([])
})

test.each(['before', 'after'])(
  '[R-LIFECYCLE] connection and disconnect of a host that listens %s',
  async (when) => {
    const lines: string[] = []
    const listen = (io: Server) =>
      io.on('connection', (socket) => {
        lines.push(`connected: ${socket.id}`)
        socket.on('disconnect', (reason) => lines.push(`disconnected: ${reason}`))
      })
    const { url, io } = await stage({}, when === 'before' ? { onServer: listen } : {})
    if (when === 'after') listen(io)
    const client = stock(url)
    await client.next('connection-confirmed')
    const { id } = client.socket
    client.emit('join-channel', 'devops')
    await client.next('channel-joined')
    client.socket.disconnect()
    await until(() => lines.length === 2, 'both lines')
    expect(lines).toEqual([`connected: ${id}`, 'disconnected: client namespace disconnect'])
  },
)

test('[R-ERROR-EVENT] the event "error" of a socket is the host’s, whether it listens or not', async () => {
  const errors: unknown[] = []
  const { url, io, problems } = await stage()
  const quiet = raw(url)
  await quiet.next('connection-confirmed')
  quiet.sendFrame('42["error","nobody listens"]')
  await quiet.settle()
  io.on('connection', (socket) => void socket.on('error', (error) => errors.push(error)))
  const heard = raw(url)
  await heard.next('connection-confirmed')
  heard.sendFrame('42["error","somebody listens"]')
  await heard.settle()
  expect(errors).toEqual(['somebody listens'])
  expect(problems).toEqual([])
})

interface ServerToClientEvents {
  'chat-message': (data: { username: string; message: string; timestamp: string }) => void
}
interface ClientToServerEvents {
  join: (username: string) => void
  'chat-message': (message: string) => void
}

test('[R-TYPED] a host with typed events of its own keeps them', async () => {
  const io = new Server<ClientToServerEvents, ServerToClientEvents>(0)
  afterTest(() => io.close())
  const notifications = attachNotifications(io, { log: false })
  afterTest(notifications.close)
  io.on('connection', (socket) => {
    socket.on('chat-message', (message) => {
      io.emit('chat-message', { username: 'Alice', message, timestamp: new Date().toISOString() })
    })
  })
  const address: unknown = Reflect.get(io, 'httpServer')?.address()
  const client = stock(`http://127.0.0.1:${(address as AddressInfo).port}`)
  client.emit('chat-message', 'Bonjour')
  expect(await client.next('chat-message')).toMatchObject({ username: 'Alice', message: 'Bonjour' })
  await client.next('connection-confirmed')
})
