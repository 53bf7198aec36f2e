/*
 * Schemas that throw, reject, hang or give nonsense fail closed, as hooks do; and what they say is bounded.
 * Ids: G7, S38, P-KIND-DATA, H-KIND
 */
import { onUnhandled } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import type { Kinds } from '../../src/index.ts'
import { note, raw, stage, stock, V2 } from '../wire/stage.ts'

/** A schema of no library. What its validate does is more than the types of the standard allow. */
const schema = (validate: () => unknown): Kinds[string] => ({
  '~standard': { version: 1, vendor: 'test', validate: validate as () => { value: object } },
})

const SECRET = 'password=hunter2'
const boom = (): never => {
  throw new Error(SECRET)
}
const circular: Record<string, unknown> = {}
circular.self = circular
let deep: object = {}
for (let n = 0; n < 40; n++) deep = { deep }

const FAULTS: Record<string, () => unknown> = {
  throws: boom,
  'throws what is no error': () => {
    throw undefined
  },
  rejects: () => Promise.reject(new Error(SECRET)),
  'never answers': () => new Promise(() => undefined),
  'has a then that throws': () => Object.defineProperty({}, 'then', { get: boom }),
  'gives nothing': () => undefined,
  'gives text': () => 'fine',
  'gives neither a value nor issues': () => ({}),
  'has no issue among its issues': () => ({ issues: [] }),
  'has issues that are text': () => ({ issues: 'bad' }),
  'has an issue that is text': () => ({ issues: ['bad'] }),
  'has an issue without words': () => ({ issues: [{ path: ['a'] }] }),
  'has an issue that throws when it is read': () => ({
    issues: [Object.defineProperty({}, 'message', { get: boom })],
  }),
  'has a path that cannot be text': () => ({
    issues: [{ message: 'a', path: [{ key: Object.create(null) }] }],
  }),
  'gives a list': () => ({ value: [] }),
  'gives a number': async () => ({ value: 5 }),
  'gives a date': () => ({ value: { at: new Date(0) } }),
  'gives what has no end': () => ({ value: circular }),
  'gives what is too deep': () => ({ value: deep }),
  'gives what is too large': () => ({ value: { text: 'x'.repeat(70_000) } }),
  'gives a trap': () => ({ value: JSON.parse('{"__proto__": {"isAdmin": true}}') }),
}
const faults = Object.entries(FAULTS)
const kinds = {
  ...Object.fromEntries(faults.map(([what, validate]) => [what, schema(validate)])),
  fine: schema(() => ({ value: { made: 'here' } })),
}
const PATIENCE = { kinds, limits: { hookTimeoutMs: 40 } } as const

test('[G7] [S38] a schema at fault refuses, tells the host alone, and the next send works', async () => {
  const guard = onUnhandled()
  const { url, problems, notifications } = await stage(PATIENCE)
  const client = stock(url)
  for (const [kind] of faults) {
    client.emit('send-notification', { ...note(null, kind), kind, data: { a: 1 } })
    expect(await client.next('error-message')).toEqual({
      errors: ["La requête n'a pas pu être vérifiée, réessayez plus tard"],
      code: 'hook-failed',
      event: 'send-notification',
    })
    const failure = notifications.send({ ...note(null, kind), kind, data: {} })
    await expect(failure).rejects.toMatchObject({
      code: 'HOOK_FAILED',
      message: "send: La requête n'a pas pu être vérifiée, réessayez plus tard",
    })
  }
  expect(problems.map(({ code, message }) => [code, message])).toEqual(
    faults.flatMap(([kind]) => [1, 2].map(() => ['HOOK_FAILED', `The hook "kinds.${kind}" failed`])),
  )
  client.emit('send-notification', { ...note(null, 'fine'), kind: 'fine' })
  expect(await client.next('notification-received')).toMatchObject({ kind: 'fine', data: { made: 'here' } })
  expect(client.all('notification-received')).toHaveLength(1)
  await guard.check()
})

describe('[P-KIND-DATA] what a schema says', () => {
  const issue = (path: unknown, message = 'm') => ({ message, path })
  const said: [string, unknown[], object[]][] = [
    ['names the data, where it has no path', [{ message: 'm' }], [{ field: 'data', sentence: 'm' }]],
    ['may have a path of nothing', [issue(undefined), issue([])], [{ field: 'data' }, { field: 'data' }]],
    [
      'may have a path of keys, numbers, symbols and objects with keys',
      [issue(['a', 0, Symbol('s'), { key: 'b' }, { key: 1 }])],
      [{ field: 'data.a.0.Symbol(s).b.1' }],
    ],
    [
      'is bounded: its words, its path, the steps of that',
      [issue(['p'.repeat(999)], 'w'.repeat(9_999)), issue(Array(999).fill('a'))],
      [{ field: `data.${'p'.repeat(195)}`, sentence: 'w'.repeat(300) }, { field: `data${'.a'.repeat(32)}` }],
    ],
    ['is bounded: its number', Array(999).fill(issue([])), Array(32).fill({ field: 'data' })],
  ]
  test.each(said)('%s', async (_, issues, details) => {
    const { url, problems } = await stage({ kinds: { a: schema(() => ({ issues })) } })
    const client = raw(url, { auth: V2 })
    const answer = await client.sendEventWithAck('send-notification', { ...note(null, 'a'), kind: 'a' })
    expect(answer).toMatchObject({ ok: false, code: 'invalid-data', details })
    expect(Object(answer).details).toHaveLength(details.length)
    expect(problems).toEqual([])
  })
})

test('[G7] a schema that answers when its time is up is not heard any more', async () => {
  const guard = onUnhandled()
  const answers: (() => void)[] = []
  const late = schema(() => new Promise((resolve) => answers.push(() => resolve({ value: {} }))))
  const { url } = await stage({ kinds: { late }, limits: { hookTimeoutMs: 40 } })
  const client = raw(url, { auth: V2 })
  const send = { ...note(null, 'late'), kind: 'late' }
  expect(await client.sendEventWithAck('send-notification', send)).toMatchObject({ code: 'hook-failed' })
  for (const answer of answers) answer()
  await client.settle()
  expect(client.all('notification-received')).toEqual([])
  await guard.check()
})

test('[H-KIND] close() ends the wait for a schema: nothing is stored, and the host hears why', async () => {
  const guard = onUnhandled()
  const { notifications, problems } = await stage(PATIENCE)
  const sends = ['never answers', 'fine'].map((kind) =>
    notifications.send({ ...note(null, 'a'), kind, data: {} }).catch(({ code }) => code),
  )
  await notifications.close()
  expect(await Promise.all(sends)).toEqual(['CLOSED', 'CLOSED'])
  expect(problems).toEqual([])
  await guard.check()
})
