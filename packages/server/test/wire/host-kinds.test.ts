/*
 * Kinds in what the host itself sends.
 * Ids: H-KIND, H-REFUSED, G1, G9
 */
import { deferred, nextTurn, until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  createMemoryStore,
  type NotificationStore,
  type NotificationsError,
  type ServerNotification,
} from '../../src/index.ts'
import { note, stage, stock } from './stage.ts'

const kinds = { order: z.object({ ref: z.string() }) }

test('[H-KIND] [H-REFUSED] the host is held to its own kinds', async () => {
  const { notifications } = await stage({ kinds, locale: 'en' })
  const cases: [object, RegExp, object][] = [
    [
      { kind: 'lost' },
      /^send: The field 'kind' must be a kind that is known here: order$/,
      { code: 'unknown-kind' },
    ],
    [
      { kind: 'order', data: { ref: 7 } },
      /^send: The field 'data.ref' is not as it should be: .*string/,
      { code: 'invalid-data' },
    ],
    [{ kind: 'order' }, /^send: The field 'data' is not as it should be: /, { code: 'invalid-data' }],
    [{ kind: '' }, /^send: The field 'kind' is required$/, { code: 'field-required' }],
  ]
  for (const [fields, message, cause] of cases) {
    // What a JavaScript developer may pass.
    const bad = { ...note(null, 'a'), ...fields } as ServerNotification<typeof kinds>
    const error = await notifications.send(bad).then(
      () => expect.fail('it was sent'),
      (error: NotificationsError) => error,
    )
    expect(error.code).toBe('BAD_NOTIFICATION')
    expect(error.message).toMatch(message)
    expect(error.cause).toMatchObject([cause])
  }
})

test('[H-KIND] [G1] sends to one stream are stored in the order of the calls, however slow a schema is', async () => {
  const gate = deferred<void>()
  const slow = z.object({}).refine(async () => {
    await gate.promise
    return true
  })
  const { url, notifications } = await stage({ kinds: { slow, quick: z.object({}) } })
  const client = stock(url)
  client.emit('join-channel', 'a')
  await client.next('channel-joined')
  const data = {}
  const sends = [
    notifications.send({ ...note('a', '1'), kind: 'slow', data }),
    notifications.send({ ...note('a', '2'), kind: 'quick', data }),
    notifications.send(note('a', '3')),
  ]
  // Another stream does not wait.
  await notifications.send(note(null, 'elsewhere'))
  gate.resolve()
  const offsets = (await Promise.all(sends)).map(({ offset }) => offset)
  expect(offsets).toEqual([1, 2, 3])
  await client.next('notification-received', ({ title }) => title === '3')
  expect(client.all('notification-received').map(({ title }) => title)).toEqual(['elsewhere', '1', '2', '3'])
  // Nothing of the wait is left: the next one goes at once.
  expect(await notifications.send(note('a', '4'))).toMatchObject({ offset: 4 })
})

test('[H-KIND] [G9] a namespace that nobody is in is freed after the schemas at work, not under them', async () => {
  const gates = [0, 1, 2].map(() => deferred<void>())
  const slow = z.object({ n: z.number() }).refine(async ({ n }) => {
    await gates[n]?.promise
    return true
  })
  let listeners = 0
  const listen = () => {
    listeners += 1
    return () => {
      listeners -= 1
    }
  }
  const store: NotificationStore = { ...createMemoryStore(), shared: true, listen }
  const { notifications } = await stage({ kinds: { slow }, store }, { on: (io) => io.of(/^\/shop-\d+$/) })
  const send = (n: number) =>
    notifications.of('/shop-1').send({ ...note(null, 'a'), kind: 'slow', data: { n } })
  const [first, second] = [send(0), send(1)]
  gates[0]?.resolve()
  expect(await first).toMatchObject({ offset: 1 })
  gates[1]?.resolve()
  expect(await second).toMatchObject({ offset: 2 })
  // While the one before it is being cleared away.
  const third = send(2)
  await nextTurn()
  gates[2]?.resolve()
  expect(await third).toMatchObject({ offset: 3 })
  await until(() => listeners === 0, 'the namespace is freed')
})
