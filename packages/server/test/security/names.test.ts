/* Names that are long, many, half a character, invisible, or slow to look at. THREATS S08, S14, S15, S16, S17, S34 */
import type { RawClient } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import { note } from '../wire/stage.ts'
import { hostileRoom, PUBLIC } from './hostile-room.ts'

const room = hostileRoom()

/** Asks for everything that takes a name, in JSON. */
async function refusedEverywhere(attacker: RawClient, name: string, code: string | RegExp): Promise<void> {
  const named = [
    `["join-channel",${name}]`,
    `["leave-channel",${name}]`,
    `["send-notification",{"title":"a","message":"b","channel":${name}}]`,
    `["send-notification",{"title":"a","message":"b","to":{"user":${name}}}]`,
  ]
  for (const request of named) {
    attacker.sendFrame(`42${request}`)
    const answer = await attacker.next('error-message')
    expect(answer.code).toMatch(code)
    // Nothing of it comes back.
    expect(JSON.stringify(answer).length).toBeLessThan(400)
  }
  const stream = name.replace('"', '"c:')
  for (const request of [
    `["get-history",{"stream":${stream}}]`,
    `["ack-notifications",{${stream}:{"epoch":"e","offset":1}}]`,
  ]) {
    attacker.sendFrame(`42${request}`)
    expect((await attacker.next('error-message')).code).toMatch(/^(field-type|field-too-long)$/)
  }
}

test('[S08] a name of 900 kB is refused everywhere, and not said again', async () => {
  const attacker = await room.attacker()
  await refusedEverywhere(attacker, `"${'x'.repeat(900_000)}"`, /^field-too-long$/)
  await refusedEverywhere(attacker, `"${'é'.repeat(101)}"`, /^field-too-long$/)
})

test('[S08] a socket is in so many channels at most, and nothing is left of them', async () => {
  const attacker = await room.attacker()
  const answers = await Promise.all(
    Array.from({ length: 500 }, (_, n) => attacker.sendEventWithAck('join-channel', `hoard ${n}`)),
  )
  const joined = answers.filter((answer) => Reflect.get(Object(answer), 'ok') === true)
  expect(joined).toHaveLength(100)
  const refused = answers.filter((answer) => Reflect.get(Object(answer), 'code') === 'too-many-channels')
  expect(refused.length).toBeGreaterThan(0)
  expect(room.io.of('/').adapter.rooms.size).toBeLessThan(120)
  await Promise.all(
    Array.from({ length: 200 }, (_, n) => attacker.sendEventWithAck('leave-channel', `never ${n}`)),
  )
  expect((await room.notifications.channels()).length).toBe(101)
  await attacker.close()
  await room.honest.settle()
  expect(await room.notifications.channels()).toEqual([{ name: PUBLIC, clientCount: 1 }])
})

test.each([
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  'valueOf',
  'length',
  'then',
])('[S14] %s is a channel like any other', async (channel) => {
  const attacker = await room.attacker()
  expect(await attacker.sendEventWithAck('join-channel', channel)).toMatchObject({ ok: true, clientCount: 1 })
  expect(await attacker.sendEventWithAck('send-notification', note(channel, 'a'))).toMatchObject({
    offset: 1,
  })
  expect(await attacker.next('notification-received')).toMatchObject({ channel, offset: 1 })
  expect(await attacker.sendEventWithAck('get-history', { stream: `c:${channel}` })).toMatchObject({
    head: 1,
  })
  const to = { title: 'a', message: 'b', to: { user: channel } }
  expect(await attacker.sendEventWithAck('send-notification', to)).toMatchObject({ ok: true })
  expect(await room.notifications.channels()).toContainEqual({ name: channel, clientCount: 1 })
  expect(await attacker.sendEventWithAck('leave-channel', channel)).toMatchObject({ ok: true })
  expect(await room.notifications.channels()).toEqual([{ name: PUBLIC, clientCount: 1 }])
})

describe('[S15] half a character', () => {
  test.each(['\\ud800', '\\udfff', 'dev\\udc00ops', '\\udd14\\ud83d'])('"%s" is in no name', async (name) => {
    await refusedEverywhere(await room.attacker(), `"${name}"`, /^ill-formed$/)
  })

  test('is in no text, key or position', async () => {
    const attacker = await room.attacker()
    for (const field of ['title', 'message', 'idempotencyKey']) {
      attacker.sendFrame(`42["send-notification",{"title":"a","message":"b","${field}":"\\ud800"}]`)
      expect((await attacker.next('error-message')).code).toBe('ill-formed')
    }
    for (const data of ['{"a":"\\ud800"}', '{"\\udfff":1}', '{"a":[["\\ud800"]]}']) {
      attacker.sendFrame(`42["send-notification",{"title":"a","message":"b","data":${data}}]`)
      expect((await attacker.next('error-message')).code).toBe('ill-formed')
    }
    attacker.sendFrame('42["join-channel","a",{"since":{"epoch":"\\ud800","offset":1}}]')
    expect((await attacker.next('error-message')).code).toBe('ill-formed')
  })
})

test.each([
  '\\u0000',
  'a\\u0000b',
  'a\\u0001',
  'a\\u001b[2J',
  'a\\r\\nb',
  'a\\u007f',
  'a\\u0085',
  'a\\u009b1m',
])('[S16] "%s" is no name, and NUL is in no text', async (name) => {
  const attacker = await room.attacker()
  await refusedEverywhere(attacker, `"${name}"`, /^ill-formed$/)
  for (const field of ['title', 'message', 'idempotencyKey']) {
    attacker.sendFrame(`42["send-notification",{"title":"a","message":"b","${field}":"x\\u0000"}]`)
    expect((await attacker.next('error-message')).code).toBe('ill-formed')
  }
})

test.each([
  ['a direction that is turned round', 'dev\\u202eops'],
  ['an isolate', '\\u2066devops'],
  ['a space without width', 'dev\\u200bops'],
  ['a joiner', 'dev\\u200dops'],
  ['the opposite of one', 'dev\\u200cops'],
  ['a byte order mark', '\\ufeffdevops'],
  ['a soft hyphen', 'dev\\u00adops'],
  ['a variation selector', 'devops\\ufe0f'],
  ['a tag', 'devops\\udb40\\udc41'],
  ['a filler', 'dev\\u3164ops'],
  ['letters taken apart', 'e\\u0301quipe'],
  ['200 accents', `e${'\\u0323'.repeat(99)}`],
  ['a line separator', 'dev\\u2028ops'],
])('[S17] a name with %s is refused', async (_, name) => {
  await refusedEverywhere(await room.attacker(), `"${name}"`, /^(ill-formed|field-too-long)$/)
})

test('[S17] what shows is left as it is: scripts, pictures, spaces', async () => {
  const attacker = await room.attacker()
  for (const channel of ['équipe', '開発', 'قناة', 'каналы', '👩‍👩‍👧', '🏳️‍🌈 fierté', 'a b']) {
    const answer = await attacker.sendEventWithAck('join-channel', channel)
    expect(answer).toMatchObject({ ok: true, channel })
    await attacker.sendEventWithAck('leave-channel', channel)
  }
})

const SLOW: [string, string][] = [
  ['a!', `${'a'.repeat(150_000)}!`],
  ['spaces', ' '.repeat(300_000)],
  ['spaces and a letter', `${' '.repeat(300_000)}a`],
  ['digits', `2026-01-01T00:00:00.${'1'.repeat(300_000)}`],
  ['zones', `2026-01-01T00:00:00${'+00:00'.repeat(50_000)}`],
  ['half characters', '\ud83d'.repeat(50_000)],
  ['accents out of order', `a${'\u0301'.repeat(70_000)}${'\u0316'.repeat(70_000)}`],
  ['joined pictures', '👩\u200d'.repeat(40_000)],
  ['colons', 'c:'.repeat(150_000)],
]

test.each(SLOW)('[S34] 300 kB of %s hold nobody up, wherever text is expected', async (_, text) => {
  const attacker = await room.attacker()
  const fields = ['channel', 'title', 'message', 'type', 'idempotencyKey', 'expiresAt']
  const requests: unknown[][] = [
    ...fields.map((field) => ['send-notification', { ...note(null, 'a'), [field]: text }]),
    ['send-notification', { ...note(null, 'a'), to: { user: text } }],
    ['join-channel', text],
    ['join-channel', 'a', { since: { epoch: text, offset: 1 } }],
    ['get-history', { stream: `c:${text}` }],
    ['ack-notifications', { [`c:${text}`]: { epoch: 'e', offset: 1 } }],
  ]
  let longest = 0
  for (const request of requests) {
    attacker.sendFrame(`42${JSON.stringify(request)}`)
    await attacker.next('error-message')
    const asked = performance.now()
    await room.honest.settle()
    longest = Math.max(longest, performance.now() - asked)
  }
  expect(longest).toBeLessThan(1_000)
})
