/*
 * Reference pages: the complete chat, server and page as they stand, with Carillon attached beside them.
 * Ids: R-CHAT
 */
import type { Server } from 'socket.io'
import { expect, test } from 'vitest'
import { note, stage, stock } from '../stage.ts'

/** The server of the page, line by line. */
function chat(io: Server): void {
  const users = new Map<string, string>()
  io.on('connection', (socket) => {
    socket.on('join', (username: string) => {
      users.set(socket.id, username)
      io.emit('user-joined', { username, userCount: users.size })
    })
    socket.on('chat-message', (message: string) => {
      const username = users.get(socket.id) || 'Anonyme'
      io.emit('chat-message', { username, message, timestamp: new Date().toISOString() })
    })
    socket.on('disconnect', () => {
      const username = users.get(socket.id)
      if (username) {
        users.delete(socket.id)
        io.emit('user-left', { username, userCount: users.size })
      }
    })
  })
}

test('[R-CHAT] people come, write and go as without Carillon, and may use both', async () => {
  const { url } = await stage({}, { onServer: chat })
  const alice = stock(url)
  alice.emit('join', 'Alice')
  expect(await alice.next('user-joined')).toEqual({ username: 'Alice', userCount: 1 })
  const bob = stock(url)
  bob.emit('join', 'Bob')
  expect(await alice.next('user-joined')).toEqual({ username: 'Bob', userCount: 2 })
  bob.emit('chat-message', 'Bonjour !')
  for (const client of [alice, bob]) {
    expect(await client.next('chat-message')).toMatchObject({ username: 'Bob', message: 'Bonjour !' })
  }
  const stranger = stock(url)
  stranger.emit('chat-message', 'Qui êtes-vous ?')
  expect(await alice.next('chat-message')).toMatchObject({ username: 'Anonyme' })

  alice.emit('join-channel', 'chat')
  await alice.next('channel-joined')
  bob.emit('send-notification', note('chat', 'Notification'))
  expect(await alice.next('notification-received')).toMatchObject({ title: 'Notification', channel: 'chat' })

  bob.close()
  expect(await alice.next('user-left')).toEqual({ username: 'Bob', userCount: 1 })
  expect(alice.records.filter(({ event }) => event === 'chat-message')).toHaveLength(2)
})
