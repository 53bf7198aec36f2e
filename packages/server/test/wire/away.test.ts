/*
 * The user who was away: what is sent meanwhile waits, and follows the next join exactly as counted.
 * Ids: G2, G3, G5
 */
import type { Socket as TcpSocket } from 'node:net'
import { type StockClient, until } from '@carillon/testkit'
import type { Server } from 'socket.io'
import { expect, test } from 'vitest'
import { createMemoryStore } from '../../src/index.ts'
import { join } from './replay.ts'
import { as, note, raw, type Stage, stage, stock, V2 } from './stage.ts'

const ENDS: Record<string, (client: StockClient, io: Server, tcp: readonly TcpSocket[]) => unknown> = {
  'disconnect() of the client': ({ socket }) => socket.disconnect(),
  'the end of the connection by the client': ({ socket }) => socket.io.engine.close(),
  'disconnect() of the server': ({ socket }, io) => io.sockets.sockets.get(socket.id ?? '')?.disconnect(),
  'disconnect(true) of the server': ({ socket }, io) =>
    io.sockets.sockets.get(socket.id ?? '')?.disconnect(true),
  'the end of the connection by the server': ({ socket }, io) =>
    io.sockets.sockets.get(socket.id ?? '')?.conn.close(),
  'the loss of the TCP connection': (_, __, tcp) => tcp.at(-1)?.destroy(),
}

test.each(Object.entries(ENDS))(
  '[G2] after %s the missed ones follow the next join, as counted',
  async (_, end) => {
    const tcp: TcpSocket[] = []
    const played = await stage()
    played.server.httpServer.on('connection', (connection) => tcp.push(connection))
    const alice = stock(played.url, { ...as('alice'), transports: ['websocket'] })
    await alice.next('connection-confirmed')
    const bob = stock(played.url, { ...as('bob'), transports: ['websocket'], reconnection: false })
    expect(await join(bob, 'devops')).toMatchObject({
      titles: [],
      joined: { pendingCount: 0, hasMore: false },
    })

    alice.emit('send-notification', note('devops', 'seen live'))
    await bob.next('notification-received')
    await end(bob, played.io, tcp)
    await bob.next('disconnect')
    await until(() => played.io.sockets.sockets.size === 1, 'the server notices')
    for (const title of ['1', '2', '3']) alice.emit('send-notification', note('devops', title))
    await alice.next('notification-sent', ({ offset }) => offset === 4)

    bob.socket.connect()
    const { joined, items, titles } = await join(bob, 'devops')
    // No heartbeat has proved that the first one arrived: it comes again, and says so. [G3]
    expect(titles).toEqual(['seen live', '1', '2', '3'])
    expect(joined).toMatchObject({ pendingCount: 4, recovered: true, offset: 4, hasMore: false })
    expect(items.every(({ replayed }) => replayed === true)).toBe(true)
    alice.emit('send-notification', note('devops', 'live again'))
    expect(await bob.next('notification-received', ({ title }) => title === 'live again')).not.toHaveProperty(
      'replayed',
    )
  },
)

test('[G2] a connection that answers no more is away from its last answer on', async () => {
  const played = await stage({}, { ioOptions: { pingInterval: 40, pingTimeout: 40 } })
  const bob = raw(played.url, as('bob'))
  bob.answerPings(false)
  bob.sendEvent('join-channel', 'devops')
  await bob.next('channel-joined')
  await played.notifications.send(note('devops', 'into the void'))
  await bob.closed
  const again = stock(played.url, as('bob'))
  expect((await join(again, 'devops')).titles).toEqual(['into the void'])
})

async function awayWith(played: Stage, sent: number): Promise<StockClient> {
  const bob = stock(played.url, as('bob'))
  await join(bob, 'devops')
  bob.socket.disconnect()
  await until(() => played.io.sockets.sockets.size === 0, 'the server notices')
  for (let n = 1; n <= sent; n++) await played.notifications.send(note('devops', `${n}`))
  return bob
}

test('[G2] leaving is unsubscribing: nothing waits, also when somebody leaves who is not there', async () => {
  const played = await stage()
  const bob = await awayWith(played, 2)
  bob.socket.connect()
  bob.emit('leave-channel', 'devops')
  await bob.next('channel-left')
  expect(await join(bob, 'devops')).toMatchObject({ titles: [], joined: { pendingCount: 0, offset: 2 } })
  bob.emit('leave-channel', 'devops')
  await bob.next('channel-left')
  await played.notifications.send(note('devops', 'unheard'))
  const { joined, titles } = await join(bob, 'devops')
  expect(titles).toEqual([])
  expect(joined).not.toHaveProperty('recovered')
})

test('[G2] somebody who never joined starts at the head', async () => {
  const played = await stage()
  await played.notifications.send(note('devops', 'old'))
  const carol = stock(played.url, as('carol'))
  const { joined, titles } = await join(carol, 'devops')
  expect([joined.offset, joined.pendingCount, titles]).toEqual([1, 0, []])
})

test('[G2] a second return brings what came since the last proof, in the same order', async () => {
  const played = await stage()
  const bob = await awayWith(played, 2)
  for (const expected of [
    ['1', '2'],
    ['1', '2', 'more'],
    ['1', '2', 'more', 'more'],
  ]) {
    bob.socket.connect()
    expect((await join(bob, 'devops')).titles).toEqual(expected)
    bob.socket.disconnect()
    await until(() => played.io.sockets.sockets.size === 0, 'the server notices')
    await played.notifications.send(note('devops', 'more'))
  }
})

test('[G2] a guest cannot be found again: nothing waits for it', async () => {
  const played = await stage()
  for (let round = 1; round <= 2; round++) {
    const guest = stock(played.url)
    expect(await join(guest, 'devops')).toMatchObject({ titles: [], joined: { pendingCount: 0 } })
    guest.close()
    await until(() => played.io.sockets.sockets.size === 0, 'the server notices')
    await played.notifications.send(note('devops', 'missed'))
    await played.notifications.send(note(null, 'missed by all'))
  }
  const guest = stock(played.url)
  expect((await guest.next('connection-confirmed')).pendingCount).toBe(0)
  await guest.settle()
  expect(guest.all('notification-received')).toEqual([])
})

test('[G2] what has expired is neither replayed nor counted', async () => {
  let time = Date.now()
  const store = createMemoryStore({ now: () => time })
  const played = await stage({ store })
  const bob = await awayWith(played, 1)
  await played.notifications.send({ ...note('devops', 'brief'), ttl: 60 })
  await played.notifications.send(note('devops', 'lasting'))
  time += 61_000
  bob.socket.connect()
  const { joined, titles, items } = await join(bob, 'devops')
  expect(titles).toEqual(['1', 'lasting'])
  expect(joined.pendingCount).toBe(2)
  expect(items[0]).not.toHaveProperty('expiresAt')
})

test('[G5] [P-BATCH] a position is honoured or refused with a reason, and what there is follows', async () => {
  const played = await stage({ store: createMemoryStore({ maxItemsPerStream: 3 }) })
  const sent = []
  for (let n = 1; n <= 5; n++) sent.push(await played.notifications.send(note('devops', `${n}`)))
  const epoch = sent[0]?.epoch
  const id = sent[3]?.notificationId
  const cases: [object, object, string[]][] = [
    [{ epoch, offset: 5 }, { recovered: true, pendingCount: 0 }, []],
    [{ epoch, offset: 4, id }, { recovered: true, pendingCount: 1 }, ['5']],
    [{ epoch, offset: 2 }, { recovered: true, pendingCount: 3 }, ['3', '4', '5']],
    [{ epoch, offset: 1 }, { recovered: false, reason: 'trimmed', pendingCount: 3 }, ['3', '4', '5']],
    [{ epoch, offset: 6 }, { recovered: false, reason: 'future', pendingCount: 3 }, ['3', '4', '5']],
    [{ epoch: 'other', offset: 4 }, { recovered: false, reason: 'epoch', pendingCount: 3 }, ['3', '4', '5']],
    [
      { epoch, offset: 4, id: 'n_1.000-x' },
      { recovered: false, reason: 'id-mismatch', pendingCount: 3 },
      ['3', '4', '5'],
    ],
  ]
  for (const [since, expected, titles] of cases) {
    const client = raw(played.url, { auth: V2 })
    expect(await client.sendEventWithAck('join-channel', 'devops', { since })).toMatchObject({
      ok: true,
      ...expected,
    })
    await client.settle()
    const batches = client.all('notifications-batch')
    expect(batches.flatMap(({ items }) => items.map(({ title }) => title))).toEqual(titles)
    expect(batches.map(({ upTo }) => upTo)).toEqual(titles.length === 0 ? [] : [5])
    expect(client.all('notification-received')).toEqual([])
  }
})
