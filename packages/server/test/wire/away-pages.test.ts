/*
 * More than one page was missed: the server drives the pages, order holds, what is live waits for its turn.
 * Ids: G1, G2
 */
import { type StockClient, until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { join, lastJoin, range } from './replay.ts'
import { as, keepSending, note, raw, type Stage, stage, stock } from './stage.ts'

const PAGES_OF_3 = { limits: { pageItems: 3 } } as const

/** Somebody who joined, went away, and missed so many. */
async function missed(played: Stage, count: number, options: object = {}): Promise<StockClient> {
  const bob = stock(played.url, { ...as('bob'), ...options })
  await join(bob, 'devops')
  bob.socket.disconnect()
  await until(() => played.io.sockets.sockets.size === 0, 'the server notices')
  for (let n = 1; n <= count; n++) await played.notifications.send(note('devops', `${n}`))
  return bob
}

const TRANSPORTS = { websocket: ['websocket'], polling: ['polling'], 'an upgrade': ['polling', 'websocket'] }

test.each(Object.entries(TRANSPORTS))(
  '[G2] over %s every page follows by itself, in order',
  async (_, transports) => {
    const played = await stage(PAGES_OF_3)
    const bob = await missed(played, 20, { transports })
    bob.socket.connect()
    const { joined, items } = await join(bob, 'devops')
    expect(joined).toMatchObject({ pendingCount: 20, offset: 20, hasMore: true, clientCount: 1 })
    expect(items.map(({ offset }) => offset)).toEqual(range(1, 20))
    expect(items.every(({ replayed }) => replayed === true)).toBe(true)
    await played.notifications.send(note('devops', 'live'))
    expect(await bob.next('notification-received', ({ title }) => title === 'live')).not.toHaveProperty(
      'replayed',
    )
  },
)

test.each(Object.entries(TRANSPORTS))(
  '[G1] over %s a hot channel waits for its turn',
  async (_, transports) => {
    const played = await stage({ limits: { pageItems: 8 } })
    const bob = await missed(played, 40, { transports })
    const sender = stock(played.url)
    await join(sender, 'devops')
    bob.socket.connect()
    await bob.next('connect')
    const stop = keepSending(sender, 'devops', 41)
    bob.emit('join-channel', 'devops')
    await bob.next('notification-received', ({ replayed }) => replayed === undefined)
    await stop()
    const { offset: last } = await played.notifications.send(note('devops', 'last'))
    await bob.next('notification-received', ({ title }) => title === 'last')
    const { joined, items } = lastJoin(bob, 'devops')
    expect(items.map(({ offset }) => offset)).toEqual(range(1, last))
    expect(items.filter(({ offset }) => offset <= joined.offset)).toHaveLength(joined.pendingCount)
    const firstLive = items.findIndex(({ replayed }) => replayed === undefined)
    expect(items.slice(firstLive).every(({ replayed }) => replayed === undefined)).toBe(true)
    expect(sender.all('notification-received').every(({ replayed }) => replayed === undefined)).toBe(true)
  },
)

test('[G2] leaving in the middle ends it', async () => {
  const played = await stage({ limits: { pageItems: 1 } })
  const bob = await missed(played, 300)
  bob.socket.connect()
  bob.emit('join-channel', 'devops')
  await bob.next('notification-received')
  bob.emit('leave-channel', 'devops')
  await bob.next('channel-left')
  await bob.settle()
  await played.notifications.send(note('devops', 'unheard'))
  await bob.settle()
  const left = bob.records.findIndex(({ event }) => event === 'channel-left')
  expect(bob.records.slice(left).filter(({ event }) => event === 'notification-received')).toEqual([])
  expect(bob.all('notification-received').length).toBeLessThan(300)
  expect((await played.notifications.stats()).activeChannels).toBe(0)
})

test('[G2] going away in the middle keeps everything for the next time', async () => {
  const played = await stage({ limits: { pageItems: 1 } })
  const bob = await missed(played, 100)
  bob.socket.connect()
  bob.emit('join-channel', 'devops')
  await bob.next('notification-received', ({ offset }) => offset === 5)
  bob.socket.disconnect()
  await until(() => played.io.sockets.sockets.size === 0, 'the server notices')
  bob.socket.connect()
  expect((await join(bob, 'devops')).items.map(({ offset }) => offset)).toEqual(range(1, 100))
  expect(played.problems).toEqual([])
})

test('[G2] a client that does not read is not fed beyond a page, and gets the rest when it reads on', async () => {
  const played = await stage({ limits: { pageItems: 5 } })
  const first = await missed(played, 0)
  first.close()
  const message = 'x'.repeat(10_000)
  for (let n = 1; n <= 1_000; n++)
    await played.notifications.send({ channel: 'devops', title: `${n}`, message })
  const bob = raw(played.url, { ...as('bob'), limitMs: 10_000 })
  await bob.next('connection-confirmed')
  bob.sendEvent('join-channel', 'devops')
  bob.stopReading()
  const [socket] = played.io.sockets.sockets.values()
  await until(() => socket?.conn.transport.writable === false, 'the connection is full')
  expect(Reflect.get(Object(socket?.conn), 'writeBuffer').length).toBeLessThanOrEqual(10)
  bob.startReading()
  await bob.next('notification-received', ({ title }) => title === '1000')
  expect(bob.all('notification-received').map(({ offset }) => offset)).toEqual(range(1, 1_000))
})
