/*
 * Attachments that were given the same store and scope are one: what one of them appends, the others deliver,
 * each to its own sockets.
 * Ids: G1, G2, G8
 */
import type { NotificationStore, StoreListener } from '@carillon/store'
import { until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { attachNotifications, createMemoryStore } from '../../src/index.ts'
import { join } from './replay.ts'
import { afterTest, as, note, stage, stock } from './stage.ts'

/** `/a` and `/b` on one store, under the scopes that are given. */
async function twoAttachments(store: NotificationStore, scopes: readonly [string, string]) {
  const played = await stage({ store, scope: scopes[0] }, { on: (io) => io.of('/a') })
  const options = { store, scope: scopes[1], log: false } as const
  const other = attachNotifications(played.io.of('/b'), options)
  afterTest(other.close)
  return { ...played, other }
}

test('[G1] two attachments of one scope deliver each other’s sends, in one order', async () => {
  const { url, notifications, other } = await twoAttachments(createMemoryStore(), ['both', 'both'])
  const a = stock(`${url}/a`, as('alice'))
  const b = stock(`${url}/b`, as('bob'))
  await Promise.all([join(a, 'devops'), join(b, 'devops')])
  const sends = Array.from({ length: 20 }, (_, n) =>
    (n % 2 ? other : notifications).send(note('devops', `${n}`)),
  )
  await Promise.all(sends)
  await notifications.send({ to: { user: 'bob' }, title: 'bob', message: 'm' })
  await other.send(note(null, 'all'))
  await a.next('notification-received', ({ title }) => title === 'all')
  await b.next('notification-received', ({ title }) => title === 'all')
  await b.next('notification-received', ({ title }) => title === 'bob')
  const offsets = (client: typeof a) =>
    client
      .all('notification-received')
      .flatMap(({ stream, offset }) => (stream === 'c:devops' ? [offset] : []))
  const expected = Array.from({ length: 20 }, (_, n) => n + 1)
  expect([offsets(a), offsets(b)]).toEqual([expected, expected])
})

test('[G8] attachments of different scopes hear nothing of each other', async () => {
  const { url, notifications, other } = await twoAttachments(createMemoryStore(), ['one', 'two'])
  const b = stock(`${url}/b`, as('bob'))
  await join(b, 'devops')
  await notifications.send(note('devops', 'of one'))
  await other.send(note('devops', 'of two'))
  await b.next('notification-received')
  await b.settle()
  expect(b.all('notification-received').map(({ title }) => title)).toEqual(['of two'])
})

test('[G2] news of the store are delivered, and after a gap the store is asked', async () => {
  const listeners = new Set<StoreListener>()
  const memory = createMemoryStore()
  const store: NotificationStore = {
    ...memory,
    shared: true,
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  const { url, notifications } = await stage({ store })
  const alice = stock(url, as('alice'))
  await join(alice, 'devops')
  expect(listeners.size).toBe(1)
  // Another node appends: its own attachment knows nothing of ours.
  const stream = { scope: '/', kind: 'channel', name: 'devops' } as const
  const content = { type: 'info', title: 'elsewhere', message: 'm', data: null, sender: 'Bob' } as const
  const entry = { stream, id: 'n1', content, bytes: 1, ttlMs: null, sender: 'bob', key: 'k1', hash: '' }
  await memory.append([entry])
  const { items, epoch, head } = await memory.read(stream, { after: 0, limit: 1, maxBytes: 1 })
  for (const { onNews } of listeners) onNews({ stream, epoch, head, item: items[0] ?? null })
  await alice.next('notification-received', ({ offset }) => offset === 1)
  await memory.append([{ ...entry, id: 'n2', key: 'k2' }])
  for (const { onGap } of listeners) onGap()
  await alice.next('notification-received', ({ offset }) => offset === 2)
  await notifications.close()
  await until(() => listeners.size === 0, 'the end of listening')
})
