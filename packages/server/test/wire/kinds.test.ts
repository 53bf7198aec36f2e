/*
 * Kinds of notifications, with the schemas of three libraries: what is taken, what is stored, and what is refused.
 * Ids: P-KIND, P-KIND-UNKNOWN, P-KIND-DATA, P-KEY, G4, S14
 */
import { LIMITS } from '@carillon/protocol'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { AuthorizationRequest, ValidationRequest } from '../../src/index.ts'
import { as, note, raw, stage, stock, V2 } from './stage.ts'

/** The same kind three times, and in each library what makes output differ from input. */
const kinds = {
  'zod.order': z.object({ ref: z.string(), lines: z.array(z.object({ sku: z.string() })).default([]) }),
  'valibot.order': v.object({
    ref: v.string(),
    lines: v.optional(v.array(v.object({ sku: v.string() })), []),
  }),
  'arktype.order': type({
    ref: 'string',
    lines: type({ sku: 'string' })
      .array()
      .default(() => []),
  }),
  'zod.price': z.object({ cents: z.string().transform(Number) }),
  'valibot.price': v.object({ cents: v.pipe(v.string(), v.transform(Number)) }),
  'arktype.price': type({ cents: 'string.numeric.parse' }),
  'stock.counted': z.object({ sku: z.string() }).refine(async ({ sku }) => sku !== 'gone', 'No such article'),
  'shop.closed': z.object({ until: z.string() }).optional(),
  'shop.opened': z.object({ door: z.string() }).default({ door: 'front' }),
  'note.edited': z.object({ text: z.string().transform((text) => text || undefined) }),
}

const LIBRARIES = ['zod', 'valibot', 'arktype'] as const
const of = (kind: string, data?: unknown, more: object = {}) => ({
  ...note('shop', kind),
  kind,
  data,
  ...more,
})

test('[P-KIND] a kind arrives live, late, in a batch and in history, and is absent where there was none', async () => {
  const { url, notifications } = await stage()
  const bob = stock(url, as('bob'))
  bob.emit('join-channel', 'shop')
  await bob.next('channel-joined')
  const sender = raw(url, { auth: V2 })
  await sender.sendEventWithAck('send-notification', of('any.kind', { free: [1] }))
  await notifications.send({ ...note('shop', 'host'), kind: 'host.kind' })
  await sender.sendEventWithAck('send-notification', note('shop', 'plain'))
  const expected = [
    { kind: 'any.kind', data: { free: [1] } },
    { kind: 'host.kind', data: null },
    { title: 'plain', data: null },
  ]
  const check = (items: unknown): void => {
    expect(items).toMatchObject(expected)
    expect(Array.isArray(items) && Object.keys(items[2])).not.toContain('kind')
  }
  check([
    await bob.next('notification-received'),
    await bob.next('notification-received'),
    await bob.next('notification-received'),
  ])
  const stockClient = stock(url, as('carol'))
  stockClient.emit('join-channel', 'shop', { rewind: 3 })
  await stockClient.next('notification-received', ({ title }) => title === 'plain')
  check(stockClient.all('notification-received'))
  const v2 = raw(url, { auth: V2 })
  await v2.sendEventWithAck('join-channel', 'shop', { rewind: 3 })
  check((await v2.next('notifications-batch')).items)
  const history = await v2.sendEventWithAck('get-history', { stream: 'c:shop' })
  check(Object(history).items)
})

describe.each(LIBRARIES)('a schema of %s', (library) => {
  test('[P-KIND-DATA] takes its data, and what it makes of them is what everybody gets', async () => {
    const { url, notifications } = await stage({ kinds })
    const bob = stock(url)
    bob.emit('join-channel', 'shop')
    await bob.next('channel-joined')
    bob.emit('send-notification', of(`${library}.order`, { ref: 'a' }))
    bob.emit('send-notification', of(`${library}.price`, { cents: '250' }))
    const kind = `${library}.price` as const
    await bob.next('notification-sent')
    await bob.next('notification-sent')
    await notifications.send({ ...note('shop', 'host'), kind, data: { cents: '7' } })
    await bob.next('notification-received', ({ title }) => title === 'host')
    expect(bob.all('notification-received').map(({ kind, data }) => [kind, data])).toEqual([
      [`${library}.order`, { ref: 'a', lines: [] }],
      [`${library}.price`, { cents: 250 }],
      [`${library}.price`, { cents: 7 }],
    ])
  })

  test('[P-KIND-DATA] refuses with every problem, where it is and in its own words', async () => {
    const { url } = await stage({ kinds })
    const client = raw(url, { auth: V2 })
    const data = { ref: 7, lines: [{ sku: 'x' }, { sku: null }] }
    const answer = await client.sendEventWithAck('send-notification', of(`${library}.order`, data))
    expect(answer).toMatchObject({
      ok: false,
      code: 'invalid-data',
      retryable: false,
      details: [
        { code: 'invalid-data', field: 'data.ref', sentence: expect.stringMatching(/string/) },
        { code: 'invalid-data', field: 'data.lines.1.sku', sentence: expect.stringMatching(/string/) },
      ],
    })
    const { errors, details } = Object(answer)
    expect(errors[0]).toBe(`Le champ 'data.ref' n'est pas conforme : ${details[0].sentence}`)
    const missing = await client.sendEventWithAck('send-notification', of(`${library}.order`))
    expect(missing).toMatchObject({ ok: false, code: 'invalid-data', details: [{ field: 'data' }] })
    expect(await client.sendEventWithAck('get-history', { stream: 'c:shop' })).toMatchObject({ head: 0 })
  })
})

test('[P-KIND-DATA] a schema may be async, may want nothing, and may give nothing', async () => {
  const { url, problems } = await stage({ kinds })
  const client = raw(url, { auth: V2 })
  await client.sendEventWithAck('join-channel', 'shop')
  const refused = await client.sendEventWithAck('send-notification', of('stock.counted', { sku: 'gone' }))
  expect(refused).toMatchObject({
    ok: false,
    details: [{ code: 'invalid-data', field: 'data', sentence: 'No such article' }],
  })
  const sends = [
    of('stock.counted', { sku: 'here' }),
    of('shop.closed'),
    of('shop.closed', null),
    of('shop.closed', { until: 'monday', weather: 'fine' }),
    of('shop.opened'),
    of('note.edited', { text: '' }),
  ]
  for (const send of sends) {
    expect(await client.sendEventWithAck('send-notification', send)).toMatchObject({ ok: true })
  }
  expect(client.all('notification-received').map(({ data }) => data)).toEqual([
    { sku: 'here' },
    null,
    null,
    { until: 'monday' },
    { door: 'front' },
    {},
  ])
  expect(problems).toEqual([])
})

test('[P-KIND-DATA] without a kind data are as free as ever', async () => {
  const { url } = await stage({ kinds })
  const client = raw(url, { auth: V2 })
  for (const kind of [undefined, null]) {
    const send = { ...note(null, 'a'), kind, data: { ref: 7 } }
    expect(await client.sendEventWithAck('send-notification', send)).toMatchObject({ ok: true })
  }
  const [received] = client.all('notification-received')
  expect(received).toMatchObject({ data: { ref: 7 } })
  expect(received).not.toHaveProperty('kind')
})

const STRANGERS = [
  'order.lost',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'ZOD.ORDER',
  'size',
]

test('[P-KIND-UNKNOWN] [S14] only what the host has declared is known, whatever objects have by themselves', async () => {
  const { url, problems } = await stage({ kinds })
  const client = raw(url, { auth: V2 })
  for (const kind of STRANGERS) {
    const answer = await client.sendEventWithAck('send-notification', of(kind, { ref: 'a' }))
    expect(answer).toMatchObject({
      ok: false,
      code: 'unknown-kind',
      retryable: false,
      details: [{ code: 'unknown-kind', field: 'kind', allowed: Object.keys(kinds) }],
    })
  }
  const none = await stage({ kinds: {}, locale: 'en' })
  const other = raw(none.url, { auth: V2 })
  expect(await other.sendEventWithAck('send-notification', of('a'))).toMatchObject({
    errors: ["The field 'kind' must be a kind that is known here: there is none"],
  })
  expect(problems).toEqual([])
})

test('[P-KIND-UNKNOWN] of many kinds the first are named', async () => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`kind.${n}`, z.object({})]))
  const { url } = await stage({ kinds: many })
  const client = raw(url, { auth: V2 })
  const answer = await client.sendEventWithAck('send-notification', of('other'))
  expect(Object(answer).details[0].allowed).toEqual(Object.keys(many).slice(0, 32))
})

test('[P-KIND] without declared kinds any is relayed, and each is a plain name', async () => {
  const { url } = await stage()
  const client = raw(url, { auth: V2 })
  for (const kind of STRANGERS) {
    expect(await client.sendEventWithAck('send-notification', of(kind))).toMatchObject({ ok: true })
  }
  const bad = ['', ' ', 7, ['a'], 'a\u0000', 'a\u202e', 'k'.repeat(LIMITS.kindLength + 1)]
  for (const kind of bad) {
    const answer = await client.sendEventWithAck('send-notification', { ...note(null, 'a'), kind })
    expect(answer).toMatchObject({ ok: false, details: [{ field: 'kind' }] })
  }
})

test('[P-KIND] validate and authorize get the kind, after its schema: validate with what that made', async () => {
  const asked: [string, AuthorizationRequest | ValidationRequest][] = []
  const { url } = await stage({
    kinds,
    validate: (request) => void asked.push(['validate', request]),
    authorize: (request) => asked.push(['authorize', request]) > 0,
  })
  const client = raw(url, { auth: V2 })
  await client.sendEventWithAck('join-channel', 'shop')
  await client.sendEventWithAck('send-notification', of('zod.price', { cents: 250 }))
  await client.sendEventWithAck('send-notification', of('nothing'))
  await client.sendEventWithAck('send-notification', of('zod.price', { cents: '250' }))
  await client.sendEventWithAck('send-notification', note(null, 'plain'))
  expect(asked).toMatchObject([
    ['authorize', { action: 'join', kind: null }],
    ['validate', { kind: 'zod.price', data: { cents: 250 } }],
    ['authorize', { action: 'send', kind: 'zod.price' }],
    ['validate', { kind: null, data: null }],
    ['authorize', { action: 'broadcast', kind: null }],
  ])
})

test('[P-KEY] [G4] a key knows the kind, and what was sent rather than what a schema made of it', async () => {
  let count = 0
  const counted = z.object({ ref: z.string() }).transform((data) => ({ ...data, n: ++count }))
  const { url } = await stage({ kinds: { counted, other: counted } })
  const client = raw(url, { auth: V2 })
  await client.sendEventWithAck('join-channel', 'shop')
  const send = (kind: string | undefined, ref: string) =>
    client.sendEventWithAck('send-notification', {
      ...note('shop', 'a'),
      kind,
      data: { ref },
      idempotencyKey: 'k',
    })
  expect(await send('counted', 'a')).toMatchObject({ ok: true, duplicate: false })
  expect(await send('counted', 'a')).toMatchObject({ ok: true, duplicate: true })
  for (const [kind, ref] of [
    ['other', 'a'],
    [undefined, 'a'],
    ['counted', 'b'],
  ] as const) {
    expect(await send(kind, ref)).toMatchObject({ ok: false, code: 'idempotency-conflict' })
  }
  expect(client.all('notification-received').map(({ data }) => data)).toEqual([{ ref: 'a', n: 1 }])
})
