/*
 * Nothing of one namespace reaches another.
 * Ids: G8
 */
import { type StockClient, until } from '@carillon/testkit'
import type { Server } from 'socket.io'
import { expect, test } from 'vitest'
import { attachNotifications, createMemoryStore } from '../../src/index.ts'
import { join } from './replay.ts'
import { afterTest, as, note, type Stage, stage, stock } from './stage.ts'

/** `/a` and `/b`, each with notifications of its own, over one store. */
async function twoNamespaces(): Promise<Stage & { other: ReturnType<typeof attachNotifications> }> {
  const store = createMemoryStore()
  const stats = { minIntervalMs: 1 }
  const played = await stage({ store, stats }, { on: (io) => io.of('/a') })
  const other = attachNotifications(played.io.of('/b'), { store, stats, log: false, locale: 'en' })
  afterTest(other.close)
  return { ...played, other }
}

const titles = (client: StockClient) => client.all('notification-received').map(({ title }) => title)

test('[G8] the same channel and user names in two namespaces have nothing to do with each other', async () => {
  const { url, notifications, other } = await twoNamespaces()
  const a = stock(`${url}/a`, as('bob'))
  const b = stock(`${url}/b`, as('bob'))
  expect((await join(a, 'devops')).joined.clientCount).toBe(1)
  expect((await join(b, 'devops')).joined.clientCount).toBe(1)
  await notifications.send(note('devops', 'a: channel'))
  await notifications.send(note(null, 'a: all'))
  await notifications.send({ to: { user: 'bob' }, title: 'a: bob', message: 'm' })
  b.emit('send-notification', note('devops', 'b: channel'))
  await a.next('notification-received', ({ title }) => title === 'a: bob')
  await b.next('notification-received', ({ title }) => title === 'b: channel')
  await Promise.all([a.settle(), b.settle()])
  expect(titles(a)).toEqual(['a: channel', 'a: all', 'a: bob'])
  expect(titles(b)).toEqual(['b: channel'])
  // The same log numbers would betray how much the other one sends.
  expect(b.all('notification-received')[0]?.offset).toBe(1)
  expect(await other.channels()).toEqual([{ name: 'devops', clientCount: 1 }])
})

test('[G8] counts, lists and statistics are those of the namespace', async () => {
  const { url, other } = await twoNamespaces()
  const a = [stock(`${url}/a`), stock(`${url}/a`)]
  const b = stock(`${url}/b`)
  for (const client of a) await join(client, 'devops')
  await join(b, 'orders')
  b.emit('get-channels')
  expect(await b.next('channels-list')).toEqual([{ name: 'orders', clientCount: 1 }])
  expect(await other.stats()).toMatchObject({ connectedClients: 1, activeChannels: 1 })
  expect(b.all('server-stats').every(({ connectedClients }) => connectedClients === 1)).toBe(true)
  await until(() => a[0]?.all('server-stats').at(-1)?.connectedClients === 2, 'the statistics of /a')
})

test('[G8] what waits in one namespace does not follow a join in the other', async () => {
  const { url, io, notifications } = await twoNamespaces()
  for (const name of ['a', 'b']) {
    const bob = stock(`${url}/${name}`, as('bob'))
    await join(bob, 'devops')
    bob.close()
    await until(() => io.of(`/${name}`).sockets.size === 0, 'the server notices')
  }
  await notifications.send(note('devops', 'missed'))
  await notifications.send(note(null, 'missed by all'))
  const b = stock(`${url}/b`, as('bob'))
  expect((await b.next('connection-confirmed')).pendingCount).toBe(0)
  expect(await join(b, 'devops')).toMatchObject({ titles: [], joined: { pendingCount: 0 } })
  const a = stock(`${url}/a`, as('bob'))
  expect((await a.next('connection-confirmed')).pendingCount).toBe(1)
  expect((await join(a, 'devops')).titles).toEqual(['missed'])
})

test('[G8] one connection may serve both, and leaving one leaves the other alone', async () => {
  const { url } = await twoNamespaces()
  const a = stock(`${url}/a`, { ...as('bob'), forceNew: false, multiplex: true })
  const b = stock(`${url}/b`, { ...as('bob'), forceNew: false, multiplex: true })
  expect(a.socket.io).toBe(b.socket.io)
  await join(a, 'devops')
  await join(b, 'devops')
  a.socket.disconnect()
  b.emit('send-notification', note('devops', 'still here'))
  expect((await b.next('notification-received')).title).toBe('still here')
})

test('[G8] each attachment has options of its own', async () => {
  const { url } = await twoNamespaces()
  const a = stock(`${url}/a`)
  const b = stock(`${url}/b`)
  for (const client of [a, b]) client.emit('send-notification', { message: 'm' })
  expect((await a.next('error-message')).errors).toEqual(["Le champ 'title' est obligatoire"])
  expect((await b.next('error-message')).errors).toEqual(["The field 'title' is required"])
})

test('[G8] a namespace without notifications hears nothing of them', async () => {
  const { url, io, notifications } = await stage()
  const heard: string[] = []
  io.of('/plain').on('connection', (socket) => socket.onAnyOutgoing((event) => heard.push(event)))
  const plain = stock(`${url}/plain`)
  await plain.next('connect')
  const main = stock(url)
  await main.next('connection-confirmed')
  plain.emit('join-channel', 'devops')
  await notifications.send(note(null, 'for the main namespace'))
  await main.next('notification-received')
  expect(heard).toEqual([])
  expect(plain.records.map(({ event }) => event)).toEqual(['connect'])
})

test('[G8] a room that a client names is never a room of the host or of a socket', async () => {
  const { url, io } = await stage()
  const victim = stock(url)
  await victim.next('connection-confirmed')
  const attacker = stock(url)
  for (const channel of [victim.socket.id ?? '', 'admins', 'carillon:all', 'all', 'b', 'u:victim']) {
    await join(attacker, channel)
  }
  await io
    .of('/')
    .sockets.get(victim.socket.id ?? '')
    ?.join('admins')
  const tell = (to: ReturnType<Server['to']>) => to.emit('private', 'for the victim')
  tell(io.to(victim.socket.id ?? ''))
  tell(io.to('admins'))
  await victim.next('private')
  await victim.next('private')
  await attacker.settle()
  expect(attacker.all('private')).toEqual([])
})
