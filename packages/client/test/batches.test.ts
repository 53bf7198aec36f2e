/* Batches and resets, and an application that acts while they are handed over. */
import { until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { createPositionBook } from '../src/rules/positions.ts'
import { clientOf, fakeServer, statusIs } from './kit.ts'

function itemsOf(titles: readonly string[], from = 1) {
  return titles.map((title, at) => ({
    ...{ id: `i${from + at}`, type: 'info', title, message: 'm', data: null, sender: 's' },
    ...{ timestamp: new Date().toISOString(), offset: from + at },
  }))
}

async function joined() {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const devops = await client.joinChannel('devops')
  const { epoch } = server.append('c:devops', '1')
  const batch = (titles: readonly string[], from: number) => {
    const items = itemsOf(titles, from)
    const upTo = from + titles.length - 1
    for (const socket of server.sockets()) {
      socket.emit('notifications-batch', { stream: 'c:devops', epoch, upTo, items, replayed: true })
    }
  }
  return { server, client, devops, epoch, batch }
}

test('[P-LEFT] whoever leaves in the middle of a batch gets nothing more of it', async () => {
  const { server, client, batch } = await joined()
  const titles: string[] = []
  client.on('notification', ({ title }) => {
    titles.push(title)
    if (title === '2') void client.leaveChannel('devops')
  })
  batch(['2', '3', '4'], 2)
  await until(() => server.argsOf('leave-channel').length === 1, 'the leave')
  expect(titles.filter((title) => title !== '1')).toEqual(['2'])
})

test('[P-LEAVE-FORGETS] whoever leaves in the middle of a batch joins for the first time afterwards', async () => {
  const { server, client, batch } = await joined()
  client.on('notification', ({ title }) => {
    if (title === '2') void client.leaveChannel('devops')
  })
  batch(['2', '3', '4'], 2)
  await until(() => server.argsOf('leave-channel').length === 1, 'the leave')
  await client.joinChannel('devops')
  expect(server.argsOf('join-channel').at(-1)).toEqual(['devops'])
})

test('[G9] whoever closes in the middle of a batch gets nothing more of it', async () => {
  const { server, client, batch } = await joined()
  const titles: string[] = []
  client.on('notification', ({ title }) => {
    titles.push(title)
    if (title === '2') client.close()
  })
  batch(['2', '3', '4'], 2)
  await until(() => server.sockets().length === 0, 'the end')
  expect(titles.filter((title) => title !== '1')).toEqual(['2'])
})

test('[G2] a reset ends the count of what a connection announced: what comes after it is news', () => {
  const book = createPositionBook()
  const at = (offset: number, epoch = 'e') => ({ epoch, offset, id: `${epoch}${offset}` })
  for (let offset = 1; offset <= 10; offset++) book.take('b', at(offset))
  // One is announced, and dropped as had already: the count is never finished.
  book.onConfirmed(
    {
      ...{
        socketId: 's',
        serverTime: 't',
        version: 2,
        userId: null,
        pendingCount: 1,
        hasMore: false,
        limits: {},
      },
      streams: { b: { epoch: 'e', offset: 10, recovered: true } },
    },
    { b: { epoch: 'e', offset: 9 } },
  )
  expect(book.take('b', at(10))).toBe(false)
  book.onReset('b', { epoch: 'e', offset: 7 })
  const again = [8, 9, 10].map((offset) => book.take('b', { epoch: 'e', offset, id: `new${offset}` }))
  expect(again).toEqual([true, true, true])
})

test('[P-RESET] what was handed over before a reset is heard before it, also by a first listener', async () => {
  const { server, client, devops, epoch, batch } = await joined()
  batch(['2', '3'], 2)
  for (const socket of server.sockets()) {
    socket.emit('stream-reset', { stream: 'c:devops', epoch, offset: 1, reason: 'future' })
  }
  batch(['2 again'], 2)
  const told: string[] = []
  devops.on('reset', ({ reason }) => told.push(reason))
  devops.on('notification', ({ title }) => told.push(title))
  await until(() => told.includes('2 again'), 'all of it')
  await statusIs(client, 'connected')
  expect(told).toEqual(['1', '2', '3', 'future', '2 again'])
})
