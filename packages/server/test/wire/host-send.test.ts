/*
 * The host itself: send, stats and channels of the handle.
 * Ids: H-SEND, H-SENDER, H-REFUSED, H-COPY, G4
 */
import { expect, test } from 'vitest'
import type { NotificationsError, NotificationsHandle, ServerNotification } from '../../src/index.ts'
import { as, note, stage, stock } from './stage.ts'

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

test('[H-SEND] send resolves to the receipt of what everybody gets', async () => {
  const { url, notifications } = await stage()
  const bob = stock(url, as('bob'))
  bob.emit('join-channel', 'devops')
  await bob.next('channel-joined')
  const targets: [ServerNotification, object][] = [
    [note('devops', 'channel'), { channel: 'devops', stream: 'c:devops', offset: 1 }],
    [note(null, 'all'), { channel: null, stream: 'b', offset: 1 }],
    [
      { to: { user: 'bob' }, title: 'bob', message: 'm' },
      { channel: null, stream: 'u', offset: 1 },
    ],
  ]
  for (const [notification, expected] of targets) {
    const sent = await notifications.send(notification)
    expect(sent).toMatchObject({ ...expected, duplicate: false, timestamp: expect.stringMatching(ISO) })
    const received = await bob.next('notification-received', ({ title }) => title === notification.title)
    expect(received).toMatchObject({ ...expected, id: sent.notificationId, epoch: sent.epoch })
  }
  expect(await notifications.stats()).toMatchObject({ connectedClients: 1, activeChannels: 1 })
  expect(await notifications.channels()).toEqual([{ name: 'devops', clientCount: 1 }])
})

test.each([
  [{}, {}, 'Serveur'],
  [{ locale: 'en' }, {}, 'Server'],
  [{ serverName: 'Shop' }, {}, 'Shop'],
  [{ serverName: 'Shop' }, { sender: 'Billing' }, 'Billing'],
] as const)('[H-SENDER] with options %j and fields %j the sender is %s', async (options, fields, sender) => {
  const { url, notifications } = await stage(options)
  const client = stock(url)
  await client.next('connection-confirmed')
  await notifications.send({ title: 't', message: 'm', ...fields })
  expect((await client.next('notification-received')).sender).toBe(sender)
})

/** What a JavaScript developer may pass. */
async function refusal({ send }: NotificationsHandle, notification: unknown): Promise<NotificationsError> {
  return send(notification as ServerNotification).then(
    () => expect.fail('it was sent'),
    (error: NotificationsError) => error,
  )
}

test('[H-REFUSED] what is malformed rejects with every sentence, and nothing is sent', async () => {
  const { url, notifications } = await stage({ locale: 'en' })
  const client = stock(url)
  await client.next('connection-confirmed')
  const circular: Record<string, unknown> = {}
  circular.self = circular
  const cases: [unknown, RegExp][] = [
    [
      { channel: '' },
      /^send: The field 'channel' is required; The field 'title' is required; The field 'message'/,
    ],
    [undefined, /^send: the notification must be an object, got null/],
    [null, /^send: the notification must be an object, got null/],
    ['hello', /^send: the notification must be an object, got string/],
    [{ ...note(null, 'a'), chanel: 'team' }, /^send: unknown field "chanel"; the fields are channel, to,/],
    [{ ...note(null, 'a'), data: circular }, /^send: "data" cannot be written as JSON/],
    [{ ...note(null, 'a'), data: { big: 1n } }, /^send: "data" cannot be written as JSON/],
    [{ ...note(null, 'a'), data: [] }, /^send: The field 'data' must be an object/],
    [{ ...note(null, 'a'), sender: 5 }, /^send: "sender" must be text/],
    [{ ...note(null, 'a'), type: 'urgent' }, /^send: The field 'type' must be one of: info/],
    [{ ...note('a', 'a'), to: { user: 'bob' } }, /^send: The fields 'channel' and 'to' exclude each other/],
  ]
  for (const [notification, sentence] of cases) {
    const error = await refusal(notifications, notification)
    expect(error.message).toMatch(sentence)
    expect(error.code).toBe('BAD_NOTIFICATION')
  }
  await client.settle()
  expect(client.all('notification-received')).toEqual([])
})

test('[H-COPY] what the host changes afterwards changes nothing that was sent', async () => {
  const { url, notifications } = await stage()
  const client = stock(url)
  await client.next('connection-confirmed')
  const data = { list: [1], nested: { a: 1 }, when: new Date(0) }
  const sending = notifications.send({ title: 't', message: 'm', data: JSON.parse(JSON.stringify(data)) })
  const own: { list: number[] } = { list: [1] }
  const second = notifications.send({ title: 't2', message: 'm', data: own })
  own.list.push(2)
  await Promise.all([sending, second])
  expect((await client.next('notification-received')).data).toEqual({
    ...data,
    when: '1970-01-01T00:00:00.000Z',
  })
  expect((await client.next('notification-received')).data).toEqual({ list: [1] })
})

test('[G4] a key of the host makes one notification', async () => {
  const { url, notifications } = await stage()
  const client = stock(url)
  await client.next('connection-confirmed')
  const keyed = { ...note(null, 'once'), idempotencyKey: 'order-42' }
  const sent = await Promise.all([1, 2, 3].map(() => notifications.send(keyed)))
  expect(sent.map(({ duplicate }) => duplicate)).toEqual([false, true, true])
  expect(new Set(sent.map(({ notificationId }) => notificationId)).size).toBe(1)
  expect(await refusal(notifications, { ...keyed, title: 'other' })).toMatchObject({ code: 'NOT_SENT' })
  await client.settle()
  expect(client.all('notification-received')).toHaveLength(1)
})
