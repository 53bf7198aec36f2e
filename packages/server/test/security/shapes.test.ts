/* What has another shape than it should: missing, nested, wide, of other types. THREATS S01, S02, S03, S07, S09, S13, S18, S19, S20, S24 */
import type { RawClient } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import { hostileRoom, PUBLIC } from './hostile-room.ts'

const room = hostileRoom()
const EVENTS = [
  'join-channel',
  'leave-channel',
  'send-notification',
  'get-stats',
  'get-channels',
  'ack-notifications',
  'get-history',
]
const FINE = `"title":"a","message":"b","channel":"${PUBLIC}"`
const send = (fields: string): string => `42["send-notification",{${FINE},${fields}}]`

/** Sends a frame that must be refused. */
async function refused(attacker: RawClient, frame: string): Promise<string> {
  attacker.sendFrame(frame)
  const { code, errors } = await attacker.next('error-message')
  expect(JSON.stringify(errors).length).toBeLessThan(4_000)
  return code
}

async function sendsNothing(attacker: RawClient): Promise<void> {
  await attacker.settle()
  expect(attacker.all('notification-sent')).toEqual([])
  expect(attacker.all('channel-joined')).toEqual([])
}

test('[S01] no payload, or null for one, is answered', async () => {
  const attacker = await room.attacker()
  for (const event of [
    'join-channel',
    'leave-channel',
    'send-notification',
    'ack-notifications',
    'get-history',
  ]) {
    for (const args of ['', ',null', ',null,null'])
      expect(await refused(attacker, `42["${event}"${args}]`)).toBe('field-required')
  }
  await sendsNothing(attacker)
})

test.each(EVENTS)('[S02] %s: what is no function is never called', async (event) => {
  const attacker = await room.attacker()
  for (const last of ['"notfn"', '1', 'true', '{"call":1,"apply":1}', '[]', '{},1,2,3', '"a","b","c"'])
    expect(await refused(attacker, `42["${event}",{},{},${last}]`)).toMatch(/^(field-|unexpected-)/)
  await sendsNothing(attacker)
})

describe.each([5_000, 400_000])('[S03] %i levels', (levels) => {
  const list = `${'['.repeat(levels)}${']'.repeat(levels)}`
  // Longer names would make the frame longer than Socket.IO takes.
  const deep = levels * 7 > 900_000 ? list : `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`

  test('in data are too deep', async () => {
    const attacker = await room.attacker()
    expect(await refused(attacker, send(`"data":{"a":${list}}`))).toBe('too-deep')
    expect(await refused(attacker, send(`"data":{"a":${deep}}`))).toBe('too-deep')
    await sendsNothing(attacker)
  })

  test('anywhere else are of another type', async () => {
    const attacker = await room.attacker()
    for (const event of EVENTS) await refused(attacker, `42["${event}",${deep}]`)
    // One look at the whole length is enough where it takes long to write.
    if (levels > 100_000) return
    for (const field of ['title', 'message', 'channel', 'type', 'to', 'ttl', 'expiresAt', 'idempotencyKey'])
      await refused(attacker, `42["send-notification",{"title":"a","message":"b","${field}":${deep}}]`)
    await refused(attacker, `42["join-channel","a",{"since":{"epoch":${deep},"offset":1}}]`)
    await refused(attacker, `42["get-history",{"stream":${deep}}]`)
    await sendsNothing(attacker)
  })
})

test.each([
  ['50,000 names', JSON.stringify(Array(50_000).fill('a'))],
  ['an object', '{}'],
  ['an object that says what it is', '{"toString":"devops","length":1,"0":"a"}'],
  ['a number', '5'],
  ['a yes', 'true'],
  ['null', 'null'],
])('[S07] %s is no channel', async (_, name) => {
  const attacker = await room.attacker()
  const former = [...room.io.of('/').adapter.rooms.keys()]
  for (const event of ['join-channel', 'leave-channel'])
    expect(await refused(attacker, `42["${event}",${name}]`)).toMatch(/^field-/)
  await sendsNothing(attacker)
  expect([...room.io.of('/').adapter.rooms.keys()]).toEqual(former)
})

test('[S09] a list of channels is no channel to send to', async () => {
  const attacker = await room.attacker()
  for (const list of [`["${PUBLIC}"]`, `["${PUBLIC}","b","c"]`, '[null]', '[]'])
    expect(
      await refused(attacker, `42["send-notification",{"title":"a","message":"b","channel":${list}}]`),
    ).toBe('field-type')
  await sendsNothing(attacker)
})

test('[S13] keys that lead to a prototype do not travel, and change nothing here', async () => {
  const attacker = await room.attacker()
  for (const data of [
    '{"__proto__":{"isAdmin":true}}',
    '{"a":{"b":[{"__proto__":{"isAdmin":true}}]}}',
    '{"constructor":{"prototype":{"isAdmin":true}}}',
    '{"a":[{"constructor":{"prototype":{"isAdmin":true}}}]}',
  ])
    expect(await refused(attacker, send(`"data":${data}`))).toBe('not-json')
  for (const frame of [
    '42["send-notification",{"__proto__":{"title":"a","message":"b"}}]',
    '42["join-channel","a",{"__proto__":{"since":1},"since":{"__proto__":{"epoch":"e","offset":1}}}]',
  ])
    await refused(attacker, frame)
  // An object without own keys holds no position.
  attacker.sendFrame('42["ack-notifications",{"__proto__":{"epoch":"e","offset":1}}]')
  await sendsNothing(attacker)
  expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
  expect(Reflect.get([], 'title')).toBeUndefined()
})

test('[S18] numbers that JSON cannot hold are refused, and offsets are exact', async () => {
  const attacker = await room.attacker()
  for (const number of ['1e999', '-1e999']) {
    expect(await refused(attacker, send(`"data":{"n":${number}}`))).toBe('not-json')
    await refused(attacker, send(`"ttl":${number}`))
    await refused(attacker, `42["join-channel","a",{"since":{"epoch":"e","offset":${number}}}]`)
  }
  for (const offset of ['9007199254740993', '9007199254740992', '1e16', '-1', '0.5'])
    expect(
      await refused(attacker, `42["join-channel","a",{"since":{"epoch":"e","offset":${offset}}}]`),
    ).toMatch(/^field-/)
  await sendsNothing(attacker)
  attacker.sendFrame(send('"data":{"zero":-0,"big":9007199254740993}'))
  await attacker.next('notification-sent')
  // What JSON itself makes of them, once and for everybody.
  const { data } = await room.honest.next('notification-received', (received) => received.data !== null)
  expect(JSON.stringify(data)).toBe('{"zero":0,"big":9007199254740992}')
})

test('[S19] binary data is refused wherever it stands', async () => {
  const attacker = await room.attacker()
  const place = '{"_placeholder":true,"num":0}'
  for (const content of [
    `["send-notification",{${FINE},"data":{"x":${place}}}]`,
    `["send-notification",{${FINE},"data":${place}}]`,
    `["send-notification",{"title":${place},"message":"b"}]`,
    `["send-notification",${place}]`,
    `["join-channel",${place}]`,
    `["ack-notifications",${place}]`,
    `["get-history",{"stream":${place}}]`,
    `["get-stats",${place}]`,
  ]) {
    attacker.sendFrame(`451-${content}`)
    attacker.sendBinary(Buffer.alloc(100_000, 7))
    expect((await attacker.next('error-message')).code).toMatch(/^(field-type|not-json|unexpected-argument)$/)
  }
  await sendsNothing(attacker)
})

test('[S20] a forged placeholder is text like any other, or ends its own connection', async () => {
  const attacker = await room.attacker()
  attacker.sendFrame(send('"data":{"x":{"_placeholder":true,"num":0}}'))
  await attacker.next('notification-sent')
  const { data } = await room.honest.next('notification-received', (received) => received.data !== null)
  expect(data).toEqual({ x: { _placeholder: true, num: 0 } })
  for (const num of ['1', '-1', '1e9', '"a"', 'null', '"__proto__"']) {
    const other = await room.attacker()
    other.sendFrame(`451-["send-notification",{${FINE},"data":{"x":{"_placeholder":true,"num":${num}}}}]`)
    other.sendBinary(Buffer.from([1]))
    await other.closed
  }
  // An attachment that nobody announced, text where one was announced, and one that never comes.
  const loose = await room.attacker()
  loose.sendBinary(Buffer.from([1]))
  await loose.closed
  const early = await room.attacker()
  early.sendFrame(`452-["send-notification",{"_placeholder":true,"num":0}]`)
  early.sendFrame('42["get-stats"]')
  await early.closed
  const never = await room.attacker()
  never.sendFrame('4510-["send-notification",{"_placeholder":true,"num":9}]')
  await never.close()
  for (const attachments of ['0', '11', '-1', '99999999999']) {
    const many = await room.attacker()
    many.sendFrame(`45${attachments}-["x",{"_placeholder":true,"num":0}]`)
    await many.closed
  }
})

test('[S24] width counts as depth does: entries, bytes and arguments are bounded', async () => {
  const attacker = await room.attacker()
  const keys = Array.from({ length: 80_000 }, (_, n) => `"${n}":1`).join()
  const names = Array.from({ length: 300_000 }, () => '1').join()
  expect(await refused(attacker, send(`"data":{${keys}}`))).toBe('too-large')
  expect(await refused(attacker, send(`"data":{"a":[${names}]}`))).toBe('too-many-keys')
  expect(await refused(attacker, send(`"data":{"a":"${'x'.repeat(900_000)}"}`))).toBe('too-large')
  expect(await refused(attacker, `42["ack-notifications",{${keys}}]`)).toBe('field-too-long')
  await refused(attacker, `42["send-notification",{${keys}}]`)
  await refused(attacker, `42["get-history",{${keys}}]`)
  await sendsNothing(attacker)
})
