/*
 * close({ disconnect: true }): the node goes, its clients come back elsewhere, and nothing confirmed is lost.
 * Ids: G2, G6, G9, A-CLOSE, P-CLOSING
 */
import { type StockClient, startServer, until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { attachNotifications, createMemoryStore } from '../../src/index.ts'
import { join, range } from './replay.ts'
import { afterTest, as, note, raw, stage, stock, V2 } from './stage.ts'

const LEAVING = { disconnect: true } as const

/** Comes back soon. */
const QUICK = { reconnectionDelay: 10, reconnectionDelayMax: 20 } as const

const reasons = (client: StockClient): unknown[] =>
  client.records.filter(({ event }) => event === 'disconnect').map(({ args }) => args[0])

test('[P-CLOSING] [G9] every client hears why, and a stock client comes back by itself', async () => {
  const { url, io, notifications } = await stage()
  const clients = [
    stock(url, { ...as('alice'), ...QUICK, transports: ['websocket'] }),
    stock(url, { ...as('bob'), ...QUICK, transports: ['polling'] }),
  ]
  for (const client of clients) await client.next('connection-confirmed')
  await notifications.close(LEAVING)
  const again = attachNotifications(io, { log: false })
  afterTest(again.close)
  for (const client of clients) {
    await until(() => client.all('connection-confirmed').length === 2, 'served again')
    expect(client.all('error-message').map(({ code }) => code)).toEqual(['closing'])
    expect(reasons(client)).toEqual(['transport close'])
  }
})

test('[G2] [G6] what was confirmed before the end is there on the other node, and what was not was refused', async () => {
  const store = createMemoryStore()
  const first = await stage({ store })
  const sender = stock(first.url, { ...as('bob'), reconnection: false })
  await sender.next('connection-confirmed')
  const answers = range(1, 200).map((n) => sender.ask('send-notification', note('devops', `${n}`)))
  await sender.next('notification-sent')
  const closing = first.notifications.close(LEAVING)
  const settled = await Promise.allSettled(answers)
  await closing
  const confirmed = settled.flatMap((it) => {
    const answer = it.status === 'fulfilled' ? Object(it.value) : {}
    return answer.ok === true ? [answer.offset as number] : []
  })
  expect(confirmed.length).toBeGreaterThan(0)

  const other = await startServer()
  afterTest(other.close)
  const notifications = attachNotifications(other.io, { store, log: false })
  afterTest(notifications.close)
  const { items } = await store.read(
    { scope: '/', kind: 'channel', name: 'devops' },
    { after: 0, limit: 1_000, maxBytes: 1e9 },
  )
  expect(items.map(({ offset }) => offset)).toEqual(expect.arrayContaining(confirmed))
})

test('[G2] cursors are saved on the way out: nothing is pending for who had it all', async () => {
  const store = createMemoryStore()
  const { url, io, notifications } = await stage({ store })
  const client = raw(url, { auth: { ...as('alice').auth, ...V2 } })
  await client.sendEventWithAck('join-channel', 'devops')
  await notifications.send(note('devops', 'seen'))
  const { epoch, offset } = await client.next('notification-received')
  client.sendEvent('ack-notifications', { 'c:devops': { epoch, offset } })
  await client.settle()
  await notifications.close(LEAVING)
  const again = attachNotifications(io, { store, log: false })
  afterTest(again.close)
  const back = stock(url, as('alice'))
  expect((await join(back, 'devops')).joined).toMatchObject({ pendingCount: 0, recovered: true })
})

test('[P-CLOSING] [G9] the ends are spread over the time that is given, and requests meanwhile are refused', async () => {
  const { url, notifications } = await stage()
  const clients = range(1, 5).map((n) => raw(url, { ...as(`user ${n}`), auth: V2 }))
  for (const client of clients) await client.next('connection-confirmed')
  const began = performance.now()
  const closing = notifications.close({ ...LEAVING, drainMs: 250 })
  const last = clients.at(-1)
  await last?.next('error-message')
  expect(await last?.sendEventWithAck('join-channel', 'devops')).toMatchObject({ ok: false, code: 'closing' })
  await closing
  expect(performance.now() - began).toBeGreaterThanOrEqual(150)
})

test('[G9] who connects while the others are sent away is sent away as well', async () => {
  const { url, notifications } = await stage()
  const staying = raw(url, as('alice'))
  const second = raw(url, as('bob'))
  for (const client of [staying, second]) await client.next('connection-confirmed')
  const closing = notifications.close({ ...LEAVING, drainMs: 400 })
  const late = stock(url, { ...as('carol'), reconnection: false })
  await late.next('disconnect')
  expect(late.all('connection-confirmed')).toEqual([])
  await closing
})

test('[P-CLOSING] a v2 client hears it too when the connection stays, and a stock client hears nothing', async () => {
  const { url, notifications } = await stage()
  const [v2, page] = [raw(url, { auth: V2 }), stock(url)]
  await v2.next('connection-confirmed')
  await page.next('connection-confirmed')
  await notifications.close()
  await v2.next('error-message', ({ code }) => code === 'closing')
  expect(page.all('error-message')).toEqual([])
  expect(page.socket.connected).toBe(true)
})

test('[A-CLOSE] options of close() are checked like all others', async () => {
  const { notifications } = await stage()
  const close = (options: unknown): Promise<void> => Reflect.apply(notifications.close, undefined, [options])
  await expect(close({ drainMs: -1 })).rejects.toMatchObject({ code: 'BAD_OPTION' })
  await expect(close({ disconect: true })).rejects.toThrow(/unknown option "close.disconect"/)
  await expect(close('now')).rejects.toThrow(/"close" must be an object/)
})
