import { type NotificationInput, parseRequest } from '@carillon/protocol'
import { expect, test } from 'vitest'
import { limitsOf } from '../../src/rules/bounds.ts'
import { isNotificationsError } from '../../src/rules/errors.ts'
import { authSnapshotOf, snapshotOf } from '../../src/rules/snapshot.ts'

const LIMITS = limitsOf({})
const note = { title: 'a', message: 'b' }

/** What JavaScript can hand in, whatever the types say. */
const take = (input: object, limits = LIMITS) =>
  snapshotOf('sendNotification', input as NotificationInput, 'k', limits)

function refusalOf(act: () => unknown) {
  try {
    act()
  } catch (error) {
    if (isNotificationsError(error)) return error
    throw error
  }
  throw new Error('a refusal was expected')
}

function nested(levels: number): object {
  let value: object = {}
  for (let level = 1; level < levels; level++) value = { value }
  return value
}

const keys = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, at) => [at, 1]))

test('[G4] what is sent is what the caller had at the call', () => {
  const data = { list: [1] }
  const sent = take({ ...note, data })
  data.list.push(2)
  expect(sent).toEqual({ ...note, data: { list: [1] }, idempotencyKey: 'k' })
})

const TOO_MUCH: [string, object, string][] = [
  ['a title', { title: 'x'.repeat(201) }, '"title" may have at most 200 characters'],
  ['a message', { message: 'x'.repeat(10_001) }, '"message" may have at most 10000 characters'],
  ['a channel', { channel: 'é'.repeat(101) }, '"channel" may have at most 200 bytes'],
  ['a user', { to: { user: 'x'.repeat(65) } }, '"to.user" may have at most 64 characters'],
  ['a key', { idempotencyKey: 'x'.repeat(129) }, '"idempotencyKey" may have at most 128 characters'],
  ['a ttl', { ttl: 2_592_001 }, '"ttl" may have at most 2592000 seconds'],
  ['bytes of data', { data: { text: 'x'.repeat(65_536) } }, '"data" may have at most 65536 bytes'],
  ['levels of data', { data: nested(33) }, '"data" may have at most 32 levels'],
  ['values in data', { data: keys(1_025) }, '"data" may have at most 1024 values'],
  ['a trap in data', { data: JSON.parse('{"__proto__":{}}') }, '"data" is no well-formed JSON'],
  ['half a character in data', { data: { text: '\ud800' } }, '"data" is no well-formed JSON'],
]

test.each(TOO_MUCH)(
  '[CL16] [S24] %s too much is refused as the server would, by name and bound',
  (_, fields, sentence) => {
    const input = { ...note, ...fields }
    const error = refusalOf(() => take(input))
    const judged = parseRequest('send-notification', [input])
    expect(judged).toEqual({ ok: false, problems: error.details })
    expect(error.code).toBe(error.details[0]?.code)
    expect(error).toMatchObject({
      message: `sendNotification: ${sentence}`,
      errors: [sentence],
      outcome: 'unsent',
      retryable: false,
    })
  },
)

test.each([
  ['texts', { title: 'x'.repeat(200), message: 'x'.repeat(10_000), idempotencyKey: 'x'.repeat(128) }],
  ['a channel', { channel: 'é'.repeat(100), ttl: 2_592_000 }],
  ['a user', { to: { user: 'x'.repeat(64) } }],
  ['data', { data: nested(32) }],
  ['more data', { data: keys(1_024) }],
])('[CL16] what is just as much as may be goes out, as the server would take it: %s', (_, fields) => {
  const input = { ...note, ...fields }
  expect(take(input)).toEqual({ ...input, idempotencyKey: 'k' })
  expect(parseRequest('send-notification', [input]).ok).toBe(true)
})

test('[CL16] every field that is too much is told', () => {
  const error = refusalOf(() => take({ title: 'x'.repeat(201), message: 'b', ttl: 1e9 }))
  expect(error.details.map((problem) => problem.code)).toEqual(['field-too-long', 'field-range'])
  expect(error.message).toBe(
    'sendNotification: "title" may have at most 200 characters; "ttl" may have at most 2592000 seconds',
  )
})

test('[CL16] the bounds are those that the server has announced, and the protocol’s where it has not', () => {
  const limits = limitsOf({ titleLength: 3, dataDepth: 1, messageLength: '1', more: 5 })
  expect(refusalOf(() => take({ ...note, title: 'four' }, limits)).details).toEqual([
    { code: 'field-too-long', field: 'title', max: 3, unit: 'characters' },
  ])
  expect(refusalOf(() => take({ ...note, data: nested(2) }, limits)).code).toBe('too-deep')
  expect(take({ ...note, message: 'long enough' }, limits)).toBeDefined()
  expect(limitsOf(undefined)).toEqual(limitsOf({}))
})

test.each([1_000, 200_000])(
  '[CL16] [S03] data that is nested %i deep does not overflow anything',
  (levels) => {
    expect(refusalOf(() => take({ ...note, data: nested(levels) }))).toMatchObject({
      code: 'too-deep',
      details: [{ code: 'too-deep', field: 'data', max: 32 }],
    })
  },
)

test('[G7] what cannot be written is refused before it reaches the connection', () => {
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  expect(refusalOf(() => take({ ...note, data: cycle }))).toMatchObject({
    code: 'not-json',
    outcome: 'unsent',
    cause: expect.any(TypeError),
  })
})

test('[G7] what the server would not even read is refused, too', () => {
  const huge = 'x'.repeat(300_000)
  for (const field of ['type', 'expiresAt']) {
    expect(refusalOf(() => take({ ...note, [field]: huge }))).toMatchObject({ code: 'too-large' })
  }
})

test('[CL16] what is nothing on the wire does no harm', () => {
  const data = { absent: undefined, at: new Date(0), list: [undefined] }
  expect(take({ ...note, data }).data).toEqual({ at: '1970-01-01T00:00:00.000Z', list: [null] })
})

test('[CL15] what is said of the user is bounded by the protocol, whatever the host allows of data', () => {
  expect(authSnapshotOf('refreshAuth', { token: 'x'.repeat(60_000), gone: undefined })).toEqual({
    token: 'x'.repeat(60_000),
  })
  for (const [auth, code] of [
    [{ token: 'x'.repeat(70_000) }, 'too-large'],
    [nested(50_000), 'too-deep'],
  ] as const) {
    const error = refusalOf(() => authSnapshotOf('refreshAuth', auth))
    expect(error).toMatchObject({ code, outcome: 'unsent', details: [{ field: 'auth' }] })
  }
})
