/*
 * What a client says when part of a log is gone, and that what comes after it is handed over: against the real server.
 */
import { createMemoryStore } from '@carillon/server'
import { until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import type { NotificationsClient, StreamLoss } from '../src/index.ts'
import { clientOf, fakeServer, statusIs, titlesOf } from './kit.ts'
import { realServer } from './real-server.ts'

const DEVOPS = { scope: '/', kind: 'channel', name: 'devops' } as const
const note = (title: string) => ({ channel: 'devops', title, message: 'm' })

function lossesOf(client: NotificationsClient): StreamLoss[] {
  const losses: StreamLoss[] = []
  client.on('reset', (loss) => losses.push(loss))
  return losses
}

test('[G5] a log that is lost while somebody is there: a reset, then what there is of the new one', async () => {
  const store = createMemoryStore()
  const { url, notifications } = await realServer({ store })
  const client = clientOf(url)
  const told: string[] = []
  client.on('reset', ({ reason }) => told.push(reason))
  client.on('notification', ({ title }) => told.push(title))
  const devops = await client.joinChannel('devops')
  const own = new Promise<StreamLoss>((resolve) => devops.once('reset', resolve))
  for (const title of ['1', '2']) await notifications.send(note(title))
  await store.clear(DEVOPS)
  const { epoch } = await notifications.send(note('first'))
  await notifications.send(note('second'))
  await until(() => told.length === 5, 'all of it')
  expect(told).toEqual(['1', '2', 'epoch', 'first', 'second'])
  expect(await own).toEqual({ stream: 'c:devops', channel: 'devops', epoch, reason: 'epoch' })
})

test('[G5] what was trimmed while somebody was away: a reset, then what is left', async () => {
  const { url, notifications, cut } = await realServer({ store: createMemoryStore({ maxItemsPerStream: 2 }) })
  const client = clientOf(url, { reconnectionDelay: 200, reconnectionDelayMax: 200 })
  const losses = lossesOf(client)
  const titles = titlesOf(client)
  const devops = await client.joinChannel('devops')
  await notifications.send(note('1'))
  await until(() => titles.length === 1, 'the first')
  cut()
  await statusIs(client, 'reconnecting')
  for (const title of ['2', '3', '4']) await notifications.send(note(title))
  await until(() => titles.length === 3, 'what is left')
  expect(titles).toEqual(['1', '3', '4'])
  expect(losses).toMatchObject([{ channel: 'devops', reason: 'trimmed' }])
  expect(devops.recovered).toBe(false)
})

test('[G5] broadcasts and what is the user’s own have no channel', async () => {
  const store = createMemoryStore()
  const { url, notifications } = await realServer({ store })
  const client = clientOf(url, { auth: { user_id: 'alice' } })
  const losses = lossesOf(client)
  const titles = titlesOf(client)
  await statusIs(client, 'connected')
  await notifications.send({ title: 'to all', message: 'm' })
  await notifications.send({ to: { user: 'alice' }, title: 'to alice', message: 'm' })
  await until(() => titles.length === 2, 'both')
  await store.clear({ scope: '/', kind: 'broadcast', name: '' })
  await store.clear({ scope: '/', kind: 'user', name: 'alice' })
  await notifications.send({ title: 'to all again', message: 'm' })
  await notifications.send({ to: { user: 'alice' }, title: 'to alice again', message: 'm' })
  await until(() => titles.length === 4, 'the new ones')
  expect(losses.map(({ stream, channel }) => [stream, channel]).sort()).toEqual([
    ['b', null],
    ['u', null],
  ])
})

test('[G3] a page that comes twice is handed over once, and a page moves the position to its end', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const titles = titlesOf(client)
  await client.joinChannel('devops')
  const { epoch, stream } = server.append('c:devops', '1')
  const items = ['1', '2'].map((title, at) => ({
    ...{ id: `i${at}`, type: 'info', title, message: 'm', data: null, sender: 's' },
    ...{ timestamp: new Date().toISOString(), offset: at + 1 },
  }))
  const batch = { stream, epoch, upTo: 7, items, replayed: true }
  for (let n = 0; n < 2; n++) for (const socket of server.sockets()) socket.emit('notifications-batch', batch)
  await until(() => titles.length === 2, 'both')
  server.cut()
  await until(() => server.argsOf('join-channel').length === 2, 'the join after the cut')
  expect(server.argsOf('join-channel').at(-1)).toMatchObject(['devops', { since: { epoch, offset: 7 } }])
  expect(titles).toEqual(['1', '2'])
})

test.each([[{}], [{ stream: 'c:devops', epoch: 'e', upTo: 1 }], [{ stream: 7, items: [{}] }], [null], ['x']])(
  '[G7] a batch or a reset that makes no sense harms nothing: %j',
  async (payload) => {
    const server = await fakeServer()
    const client = clientOf(server.url)
    const titles = titlesOf(client)
    await client.joinChannel('devops')
    for (const socket of server.sockets()) {
      socket.emit('notifications-batch', payload)
      socket.emit('stream-reset', payload)
    }
    server.append('b', 'after')
    await until(() => titles.length === 1, 'what comes after')
  },
)
