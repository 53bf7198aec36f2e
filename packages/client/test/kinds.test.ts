/*
 * Kinds end to end: schemas on the server, their types on the client, and no cast in between.
 * Ids: P-KIND, P-KIND-UNKNOWN, P-KIND-DATA
 */
import { until } from '@carillon/testkit'
import { type } from 'arktype'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { connectNotifications, isNotificationsError, type NotificationsClient } from '../src/index.ts'
import { realServer } from './real-server.ts'

const kinds = {
  'order.created': z.object({ ref: z.string(), items: z.number().default(1) }),
  'price.changed': type({ cents: 'string.numeric.parse' }),
}
type Shop = typeof kinds

function connect(url: string): NotificationsClient<Shop> {
  const client = connectNotifications<Shop>(url, { auth: { user_id: 'alice' } })
  onTestFinished(() => client.close())
  return client
}

const FINE = { channel: 'shop', title: 't', message: 'm' }

test('[P-KIND] [P-KIND-DATA] listeners and history tell kinds apart, with the data that the schemas made', async () => {
  const { url } = await realServer({ kinds })
  const client = connect(url)
  const heard: unknown[] = []
  client.on('notification', (notification) => {
    if (notification.kind === 'order.created') heard.push([notification.data.ref, notification.data.items])
    if (notification.kind === undefined) heard.push(notification.data?.free ?? null)
  })
  const shop = await client.joinChannel('shop')
  shop.on('notification', (notification) => {
    if (notification.kind === 'price.changed') heard.push(notification.data.cents.toFixed(1))
  })
  await client.sendNotification({ ...FINE, kind: 'order.created', data: { ref: 'A-7' } })
  await client.sendNotification({ ...FINE, kind: 'price.changed', data: { cents: '250' } })
  await client.sendNotification({ ...FINE, data: { free: true } })
  await until(() => heard.length === 3, 'all three')
  expect(heard).toEqual([['A-7', 1], '250.0', true])
  const { items } = await client.history({ channel: 'shop' })
  const refs = items.flatMap((item) => (item.kind === 'order.created' ? [item.data.ref] : []))
  expect(refs).toEqual(['A-7'])
})

test('[P-KIND-UNKNOWN] [P-KIND-DATA] a refused send rejects with the code, and says where and why', async () => {
  const { url } = await realServer({ kinds })
  // As a page without types does, or one of another release.
  const client: Pick<NotificationsClient, 'sendNotification' | 'close'> = connectNotifications(url)
  onTestFinished(() => client.close())
  const refused = async (fields: object): Promise<unknown> =>
    client.sendNotification({ ...FINE, ...fields }).then(
      () => expect.fail('it was sent'),
      (error: unknown) => isNotificationsError(error) && [error.code, error.outcome, error.details],
    )
  expect(await refused({ kind: 'order.lost' })).toEqual([
    'unknown-kind',
    'refused',
    [{ code: 'unknown-kind', field: 'kind', allowed: Object.keys(kinds) }],
  ])
  expect(await refused({ kind: 'order.created', data: { ref: 7 } })).toMatchObject([
    'invalid-data',
    'refused',
    [{ field: 'data.ref', sentence: expect.stringContaining('string') }],
  ])
})
