/*
 * Reference pages: namespaces, static and dynamic, of a host that has Carillon on some of them.
 * Ids: R-NAMESPACES, R-DYNAMIC
 */
import type { Server } from 'socket.io'
import { expect, test } from 'vitest'
import { attachNotifications } from '../../../src/index.ts'
import { afterTest, note, stage, stock } from '../stage.ts'

test('[R-NAMESPACES] /chat and /admin work as in the reference, each with notifications of its own', async () => {
  const { url, io, notifications } = await stage({}, { on: (server) => server.of('/chat') })
  const chat = io.of('/chat')
  const admin = io.of('/admin')
  const ofAdmin = attachNotifications(admin, { log: false })
  afterTest(ofAdmin.close)
  chat.on('connection', (socket) => void chat.emit('user:online', socket.id))
  const [reader, boss] = [stock(`${url}/chat`), stock(`${url}/admin`)]
  expect(await reader.next('user:online')).toBe(reader.socket.id)
  await boss.next('connection-confirmed')
  await notifications.send(note(null, 'chat'))
  await ofAdmin.send(note(null, 'admin'))
  expect((await reader.next('notification-received')).title).toBe('chat')
  expect((await boss.next('notification-received')).title).toBe('admin')
  expect(boss.all('user:online')).toEqual([])
})

test.each(['before', 'after'])(
  '[R-DYNAMIC] a dynamic namespace whose host listens %s tells its name, and serves each child',
  async (when) => {
    const lines: string[] = []
    const projects = /^\/project-\d+$/
    const listen = (io: Server) => {
      const parent = io.of(projects)
      parent.on('connection', (socket) => {
        lines.push(`joined namespace: ${socket.nsp.name}`)
        socket.on('hello', (ack: (name: string) => void) => ack(socket.nsp.name))
      })
      return parent
    }
    let parent: ReturnType<typeof listen> | undefined
    const { url, io } = await stage(
      {},
      {
        on: (server) => {
          parent = when === 'before' ? listen(server) : server.of(projects)
          return parent
        },
      },
    )
    if (when === 'after') {
      parent?.on('connection', (socket) => {
        lines.push(`joined namespace: ${socket.nsp.name}`)
        socket.on('hello', (ack: (name: string) => void) => ack(socket.nsp.name))
      })
    }
    for (const name of ['/project-1', '/project-2']) {
      const client = stock(`${url}${name}`)
      client.emit('join-channel', 'devops')
      expect((await client.next('channel-joined')).clientCount).toBe(1)
      expect(await client.ask('hello')).toBe(name)
      io.of(name).emit('of the host', name)
      expect(await client.next('of the host')).toBe(name)
    }
    expect(lines).toEqual(['joined namespace: /project-1', 'joined namespace: /project-2'])
    const lost = stock(`${url}/project-x`, { reconnection: false })
    expect(await lost.next('connect_error')).toMatchObject({ message: 'Invalid namespace' })
  },
)
