/* What gets out: into pages, into logs, into answers. THREATS S32, S33, S38 */
import { createMemoryStore, type NotificationStore } from '@carillon/store'
import type { RawClient } from '@carillon/testkit'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { consoleLog, safeLog } from '../../src/edge/log.ts'
import { loggable } from '../../src/edge/log-text.ts'
import { note } from '../wire/stage.ts'
import { hostileRoom, PUBLIC } from './hostile-room.ts'

const SECRET = 'password=hunter2 at 10.0.0.7'
const memory = createMemoryStore()
const broken = { hooks: false, store: false }

function boom(client: string): never {
  const cause = Object.assign(new Error(`insert into "users": ${client}`), { code: '22021', detail: SECRET })
  throw Object.assign(new Error(`${SECRET}: ${client}`, { cause }), { query: `select '${client}'` })
}

const store: NotificationStore = {
  ...memory,
  append: async (entries) => (broken.store ? boom(entries[0]?.content.title ?? '') : memory.append(entries)),
  read: async (stream, query) => (broken.store ? boom(stream.name) : memory.read(stream, query)),
}

const room = hostileRoom({
  store,
  authorize: ({ channel }) => (broken.hooks ? boom(channel ?? '') : true),
  validate: ({ title }) => (broken.hooks ? boom(title) : undefined),
})

beforeEach(() => void Object.assign(broken, { hooks: false, store: false }))
afterEach(() => void Object.assign(broken, { hooks: false, store: false }))

/** Everything that can be asked, with this text wherever text goes. */
async function askEverything(attacker: RawClient, text: string): Promise<unknown[]> {
  const stream = `c:${PUBLIC}`
  return [
    await attacker.sendEventWithAck('send-notification', {
      ...note(PUBLIC, text),
      message: text,
      data: { [text]: text },
    }),
    await attacker.sendEventWithAck('send-notification', note(null, text)),
    await attacker.sendEventWithAck('join-channel', 'elsewhere'),
    await attacker.sendEventWithAck('get-history', { stream }),
    await attacker.sendEventWithAck('get-channels'),
  ]
}

const MARKUP = [
  '<img src=x onerror=alert(1)>',
  '</script><script>alert(1)</script>',
  'javascript:alert(1)',
  '&lt;b&gt;',
]

test.each(MARKUP)('[S32] %s stays the text that it is', async (text) => {
  const attacker = await room.attacker({ auth: { username: text } })
  const data = { url: text, [text]: [text] }
  await attacker.sendEventWithAck('send-notification', { channel: PUBLIC, title: text, message: text, data })
  const received = await room.honest.next('notification-received', ({ title }) => title === text)
  expect(received).toMatchObject({ title: text, message: text, data, sender: text })
  attacker.sendEvent('join-channel', text)
  expect((await attacker.next('channel-joined')).channel).toBe(text)
})

/** Pretends to be a line of the log, moves a cursor, hides what follows. */
const LINES = [
  'x\n2026-06-07T10:00:00Z INFO admin logged in',
  'x\r\n    at Object.admin (/app/login.js:1:1)',
  '\u001b[2J\u001b[1;1Hroot#',
  '\u009b31mred',
  'a\u2028b\u2029c',
  '\u202egnp.exe',
  `long ${'y'.repeat(9_000)}`,
]

describe('[S33] what a client wrote, in the log', () => {
  test.each(LINES)('is one short line: %j', async (text) => {
    const attacker = await room.attacker()
    const title = text.slice(0, 199)
    Object.assign(broken, { hooks: true })
    await attacker.sendEventWithAck('send-notification', note(PUBLIC, title))
    Object.assign(broken, { hooks: false, store: true })
    await attacker.sendEventWithAck('send-notification', note(PUBLIC, title))
    Object.assign(broken, { store: false })
    const causes = room.logged.map(([, cause]) => cause).filter((cause) => cause instanceof Error)
    // Of the hook, of the append, and perhaps of a look at the log after that.
    expect(causes.length).toBeGreaterThanOrEqual(2)
    for (const cause of causes) expectReadable(cause)
    // Who reads the fault itself has it as it was.
    expect(JSON.stringify(room.problems.map(({ cause }) => Object(cause).message))).toContain(
      JSON.stringify(title).slice(1, -1),
    )
  })

  test('on the console it is the same', () => {
    const printed: unknown[][] = []
    const spy = vi.spyOn(console, 'error').mockImplementation((...line) => void printed.push(line))
    try {
      for (const text of LINES) {
        safeLog(consoleLog).error('A request failed', errorWith(text))
        safeLog(consoleLog).error(`A hook said ${text}`, text)
      }
    } finally {
      spy.mockRestore()
    }
    expect(printed).toHaveLength(2 * LINES.length)
    for (const [, message, cause] of printed) {
      expectLine(String(message), 1_100)
      if (cause instanceof Error) expectReadable(cause)
      else expectLine(String(cause), 300)
    }
  })

  test('an error keeps what helps: name, code, frames, cause', () => {
    const told = loggable(errorWith('short'))
    expect(told).toMatchObject({ name: 'TypeError', message: 'got short', code: 'E42' })
    expect(Object(told).stack).toMatch(/^TypeError: got short\n {4}at errorWith /)
    expect(Object(told).cause).toMatchObject({ message: 'because short' })
  })

  test('whatever else is thrown is told, too, and never throws itself', () => {
    const hostile = new Proxy(
      {},
      { get: () => boom('x'), ownKeys: () => boom('x'), getPrototypeOf: () => boom('x') },
    )
    const circular: unknown[] = ['a\nb']
    circular.push(circular)
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [n, 'a\nb']))
    for (const thrown of [
      'a\nb',
      circular,
      wide,
      hostile,
      { a: { b: { c: 'a\nb' } } },
      new Map([['a\n', '\n']]),
    ])
      expectLine(String(loggable(thrown)), 2_000)
    for (const plain of [5, null, undefined, true]) expect(loggable(plain)).toBe(plain)
    const endless = new Error('a')
    endless.cause = endless
    expect(loggable(endless)).toBeInstanceOf(Error)
  })
})

test('[S38] what broke inside is not told outside: no message, no query, no stack', async () => {
  const attacker = await room.attacker()
  for (const fault of ['hooks', 'store'] as const) {
    Object.assign(broken, { hooks: false, store: false, [fault]: true })
    const answers = await askEverything(attacker, 'a')
    const refused = answers.filter((answer) => Reflect.get(Object(answer), 'ok') === false)
    expect(refused.length).toBeGreaterThanOrEqual(3)
    for (const answer of refused)
      expect(answer).toMatchObject({ code: fault === 'hooks' ? 'hook-failed' : 'store-unavailable' })
  }
  Object.assign(broken, { hooks: false, store: false })
  const wire = attacker.frames.map(({ text }) => text).join('\n')
  for (const inside of [
    'hunter2',
    '10.0.0.7',
    'insert into',
    'select',
    '22021',
    ' at ',
    '.ts:',
    'Error:',
    'node_modules',
  ])
    expect(wire).not.toContain(inside)
  expect(room.problems.length).toBeGreaterThan(0)
  expect(String(room.problems[0]?.cause)).toContain('hunter2')
})

function errorWith(text: string): Error {
  const cause = new Error(`because ${text}`)
  return Object.assign(new TypeError(`got ${text}`, { cause }), { code: 'E42' })
}

function expectLine(text: string, longest: number): void {
  expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202e]/u)
  expect(text.length).toBeLessThan(longest)
}

/** Every line of it is short, and none but its own frames look like frames. */
function expectReadable(error: Error): void {
  expectLine(error.message, 1_300)
  const [first = '', ...frames] = error.stack?.split('\n') ?? []
  expectLine(first, 1_400)
  for (const frame of frames) {
    expect(frame).toMatch(/^ {4}at /)
    expect(frame).not.toContain('login.js')
    expectLine(frame, 1_100)
  }
  expect(Reflect.get(error, 'query')).toBeUndefined()
  if (error.cause instanceof Error) expectReadable(error.cause)
}
