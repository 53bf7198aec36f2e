/*
 * Reference pages: what a stock client tells of its reconnection, with Carillon at the other end.
 * Ids: R-RECONNECT, R-RECONNECT-FAILED, R-CONNECT-ERROR
 */
import { startServer, until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { attachNotifications, createMemoryStore } from '../../../src/index.ts'
import { join } from '../replay.ts'
import { afterTest, as, note, stage, stock } from '../stage.ts'

test('[R-RECONNECT] a client comes back by itself, tells so, and finds what it missed', async () => {
  const played = await stage()
  const told: string[] = []
  const client = stock(played.url, { ...as('bob'), reconnectionDelay: 30, reconnectionDelayMax: 60 })
  client.socket.io.on('reconnect_attempt', (attempt) => told.push(`attempt ${attempt}`))
  client.socket.io.on('reconnect', (attempt) => told.push(`back after ${attempt}`))
  // As the page's example does it: join with every connect.
  client.socket.on('connect', () => client.emit('join-channel', 'devops'))
  await client.next('channel-joined')
  played.io
    .of('/')
    .sockets.get(client.socket.id ?? '')
    ?.conn.close()
  await client.next('disconnect')
  await played.notifications.send(note('devops', 'meanwhile'))
  expect(await client.next('channel-joined', ({ recovered }) => recovered === true)).toMatchObject({
    pendingCount: 1,
  })
  expect((await client.next('notification-received')).title).toBe('meanwhile')
  expect(told).toEqual(['attempt 1', 'back after 1'])
})

test('[R-RECONNECT] a server that starts anew with the same store takes everybody back', async () => {
  const store = createMemoryStore()
  const open = async (port?: number) => {
    const server = await startServer(port === undefined ? {} : { port })
    afterTest(server.close)
    return { server, notifications: attachNotifications(server.io, { store, log: false }) }
  }
  const first = await open()
  const client = stock(first.server.url, { ...as('bob'), reconnectionDelay: 30 })
  await join(client, 'devops')
  await first.notifications.send(note('devops', '1'))
  await client.next('notification-received')
  await first.notifications.close()
  await first.server.close()
  const second = await open(first.server.port)
  await second.notifications.send(note('devops', '2'))
  await until(() => client.all('connection-confirmed').length === 2, 'back again')
  expect((await join(client, 'devops')).titles).toEqual(['1', '2'])
  await second.notifications.close()
})

test('[R-RECONNECT-FAILED] when nobody answers, the client says so after its attempts', async () => {
  const played = await stage()
  const told: string[] = []
  const client = stock(played.url, { reconnectionAttempts: 2, reconnectionDelay: 10 })
  client.socket.io.on('reconnect_attempt', () => told.push('attempt'))
  client.socket.io.on('reconnect_error', () => told.push('error'))
  const failed = new Promise<void>((resolve) => client.socket.io.on('reconnect_failed', () => resolve()))
  await client.next('connection-confirmed')
  await played.notifications.close()
  await played.server.close()
  await failed
  expect(told).toEqual(['attempt', 'error', 'attempt', 'error'])
})

test('[R-CONNECT-ERROR] a server that is not there is a connect_error', async () => {
  const played = await stage()
  await played.server.close()
  const client = stock(played.url, { reconnection: false })
  expect(await client.next('connect_error')).toBeInstanceOf(Error)
})
