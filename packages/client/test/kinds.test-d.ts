import type { JsonObject, NotificationReceived } from '@carillon/protocol'
import { type } from 'arktype'
import type { Socket } from 'socket.io-client'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  connectNotifications,
  type Kinds,
  type NotificationOf,
  type NotificationsClient,
} from '../src/index.ts'

/** As the server has them: a page imports their type alone. */
const kinds = {
  'order.created': z.object({ ref: z.string(), items: z.number().default(1) }),
  'order.shipped': type({ ref: 'string', 'carrier?': "'post' | 'bike'" }),
  'price.changed': z.object({ cents: z.string().transform(Number), at: z.coerce.number() }),
  'stock.counted': z.object({ sku: z.string() }).refine(async ({ sku }) => sku !== ''),
  'shop.closed': z.object({ until: z.string() }).optional(),
}
type Shop = typeof kinds

const client = connectNotifications<Shop>('/')
const FINE = { title: 't', message: 'm' }

/** What every listener can do, without a cast. */
function read(notification: NotificationOf<Shop>): string {
  switch (notification.kind) {
    case 'order.created':
      expectTypeOf(notification.data).toEqualTypeOf<{ ref: string; items: number }>()
      return notification.data.ref
    case 'order.shipped':
      expectTypeOf(notification.data.carrier).toEqualTypeOf<'post' | 'bike' | undefined>()
      return notification.data.ref
    case 'price.changed':
      expectTypeOf(notification.data).toEqualTypeOf<{ cents: number; at: number }>()
      return notification.title
    case 'stock.counted':
      return notification.data.sku
    case 'shop.closed':
      expectTypeOf(notification.data).toEqualTypeOf<{ until: string } | null>()
      return notification.data?.until ?? notification.message
    case undefined:
      expectTypeOf(notification.data).toEqualTypeOf<JsonObject | null>()
      return notification.sender
    default:
      notification satisfies never
      return ''
  }
}

test('[P-KIND] a listener tells notifications apart by their kind, wherever they come from', async () => {
  client.on('notification', (notification) => read(notification))
  client.once('notification', read)
  client.off('notification', read)
  const orders = await client.joinChannel('orders')
  orders.on('notification', (notification) => {
    if (notification.kind === 'order.created') return notification.data.ref
    // @ts-expect-error it may be a notification of another kind
    return notification.data.ref
  })
  const { items, hasMore } = await client.history({ channel: 'orders' })
  expectTypeOf(items.map(read)).toEqualTypeOf<string[]>()
  expectTypeOf(hasMore).toEqualTypeOf<boolean>()
  const [first] = items
  if (first?.kind === undefined) expectTypeOf(first?.data).toEqualTypeOf<JsonObject | null | undefined>()
  // @ts-expect-error there is no kind of this name
  if (first?.kind === 'order.lost') void first
})

test('[P-KIND] what is sent is what the schema takes', () => {
  void client.sendNotification({ ...FINE, channel: 'orders', kind: 'order.created', data: { ref: 'a' } })
  void client.sendNotification({ ...FINE, kind: 'price.changed', data: { cents: '100', at: '5' } })
  void client.sendNotification({ ...FINE, kind: 'order.shipped', data: { ref: 'a', carrier: 'bike' } })
  void client.sendNotification({ ...FINE, kind: 'shop.closed' })
  void client.sendNotification({ ...FINE, data: { anything: true } })
  // @ts-expect-error there is no kind of this name
  void client.sendNotification({ ...FINE, kind: 'order.lost', data: { ref: 'a' } })
  // @ts-expect-error a reference is a string
  void client.sendNotification({ ...FINE, kind: 'order.created', data: { ref: 7 } })
  // @ts-expect-error its data are obligatory
  void client.sendNotification({ ...FINE, kind: 'order.shipped' })
  // @ts-expect-error the transform takes text, though it gives a number
  void client.sendNotification({ ...FINE, kind: 'price.changed', data: { cents: 100, at: 5 } })
  // @ts-expect-error there is no field of this name
  void client.sendNotification({ ...FINE, kind: 'shop.closed', chanel: 'orders' })
  // @ts-expect-error nor in the data
  void client.sendNotification({ ...FINE, kind: 'order.created', data: { ref: 'a', reference: 'b' } })
})

test('[P-KIND] a socket of the application knows the kinds, too', () => {
  const borrowed = connectNotifications<Shop>({} as Socket, { timeoutMs: 5 })
  expectTypeOf(borrowed).toEqualTypeOf<NotificationsClient<Shop>>()
  // @ts-expect-error kinds are schemas
  connectNotifications<{ a: string }>('/')
})

test('[P-KIND] without declared kinds everything is as it was', () => {
  const free = connectNotifications('/')
  expectTypeOf(free).toEqualTypeOf<NotificationsClient>()
  expectTypeOf<NotificationOf<Record<string, Shop['order.created']>>>().toEqualTypeOf<NotificationReceived>()
  free.on('notification', (notification) => {
    expectTypeOf(notification).toEqualTypeOf<NotificationReceived>()
    expectTypeOf(notification.kind).toEqualTypeOf<string | undefined>()
  })
  void free.sendNotification({ ...FINE, kind: 'whatever', data: { any: 'thing' } })
})

test('[P-KIND] code for clients of any kinds is generic, and needs no cast either', () => {
  const titles: string[] = []
  function watch<K extends Kinds>(any: NotificationsClient<K>): void {
    any.on('notification', ({ title }) => void titles.push(title))
  }
  watch(client)
  watch(connectNotifications('/'))
  // @ts-expect-error who takes a client without kinds might send any, with any data
  const free: NotificationsClient = client
  void free
})
