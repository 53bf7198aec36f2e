/* Frames that no client writes: events of the server, reserved names, no JSON, odd numbers, other revisions. THREATS S21, S22, S42, S43 */
import { FRAME_END, openPolling, until } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import { note } from '../wire/stage.ts'
import { hostileRoom, PUBLIC } from './hostile-room.ts'

const room = hostileRoom({ ioOptions: { allowEIO3: true, maxHttpBufferSize: 50_000_000 } })

test.each([
  'connection-confirmed',
  'notification-received',
  'notifications-batch',
  'notification-sent',
  'channel-joined',
  'channel-left',
  'channels-list',
  'server-stats',
  'stream-reset',
  'error-message',
])('[S21] a client that emits %s says nothing to anybody', async (event) => {
  const attacker = await room.attacker()
  const before = room.honest.records.length
  attacker.sendEvent(event, { ...note(PUBLIC, 'forged'), stream: `c:${PUBLIC}`, offset: 99, items: [] })
  attacker.sendEvent(event, null, 'x', [])
  await attacker.settle()
  await room.honest.settle()
  expect(attacker.all('error-message')).toEqual([])
  const heard = room.honest.records.slice(before).filter(({ event: name }) => name !== 'server-stats')
  expect(heard).toEqual([])
})

describe('[S22] what Socket.IO knows better than we do', () => {
  test.each([
    ['an event called error', '42["error",{"message":"boom"}]'],
    ['an event called error, with an acknowledgement', '427["error",null]'],
    ['one called "connection"', '42["connection",{}]'],
    ['one called "message"', '42["message","x"]'],
    ['one named by a number', '42[17,{}]'],
    ['one without a name', '42["",{}]'],
    ['one called __proto__', '42["__proto__",{}]'],
    ['an acknowledgement of nothing', '430["x"]'],
    ['one with a number beyond counting', '4399999999999999999999["x"]'],
    ['a ping of the client', '2'],
    ['a pong that nobody asked for', '3'],
    ['another upgrade', '5'],
    ['a noop', '6'],
    ['a close, which is for long-polling', '1'],
    ['an event without content', '42'],
    ['an acknowledgement without anything', '43'],
  ])('%s is passed over, or ends its own connection', async (_, frame) => {
    const attacker = await room.attacker()
    attacker.sendFrame(frame)
    await Promise.race([attacker.closed, attacker.settle()])
    expect(attacker.all('error-message')).toEqual([])
  })

  test.each([
    ['an event called disconnect', '42["disconnect"]'],
    ['one called newListener', '42["newListener",{}]'],
    ['one called disconnecting', '42["disconnecting","x"]'],
    ['a type that does not exist', '49'],
    ['no JSON', '42["get-stats"'],
    ['no list', '42{"0":"get-stats"}'],
    ['an empty list', '42[]'],
    ['an event that is an object', '42[{}]'],
    ['no packet', '4'],
    ['a second connection', '40{"user_id":"admin"}'],
    ['a refusal from below', '44{"message":"x"}'],
    ['a namespace that nobody joined', '42/elsewhere,["get-stats"]'],
    ['a negative number of an acknowledgement', '42-1["get-stats"]'],
  ])('%s ends its own connection', async (_, frame) => {
    const attacker = await room.attacker()
    attacker.sendFrame(frame)
    await attacker.closed
  })

  test('an event before the connection, and a namespace that does not exist', async () => {
    const early = await openPolling(room.url)
    await early.post(`42["join-channel","${PUBLIC}"]`)
    // Engine.IO keeps a connection that it wants to end for half a minute, unless somebody comes to hear of it.
    await early.poll()
    const lost = await openPolling(room.url)
    await lost.post(`40/no-such${FRAME_END}40/${'x'.repeat(100_000)},{"a":1}`)
    expect((await lost.poll()).join()).toContain('Invalid namespace')
    await lost.post('1')
    await until(() => room.io.engine.clientsCount === 1, 'both are gone')
  })

  test('bodies of long-polling that are no frames', async () => {
    for (const body of [
      '',
      'x',
      FRAME_END.repeat(1_000),
      `4${FRAME_END}42`,
      'bAAAA',
      'b!!!!',
      '\u0000',
      '9:40',
    ]) {
      const polling = await openPolling(room.url)
      await polling.post(body)
      await polling.poll()
    }
    await until(() => room.io.engine.clientsCount === 1, 'all of them are gone')
  })
})

describe('[S42] where the host takes more', () => {
  test('our bounds hold for megabytes in one frame', async () => {
    const attacker = await room.attacker()
    const text = 'x'.repeat(2_000_000)
    for (const [request, code] of [
      [['send-notification', { ...note(PUBLIC, 'a'), data: { text } }], 'too-large'],
      [['send-notification', { ...note(PUBLIC, 'a'), message: text + text }], 'field-too-long'],
      [['join-channel', text], 'field-too-long'],
      [
        ['ack-notifications', Object.fromEntries(Array.from({ length: 150_000 }, (_, n) => [n, n]))],
        'field-too-long',
      ],
    ] as const) {
      attacker.sendFrame(`42${JSON.stringify(request)}`)
      expect((await attacker.next('error-message')).code).toBe(code)
    }
    expect(room.honest.all('notification-received').filter(({ title }) => title === 'a')).toEqual([])
  })

  test('a client of the third revision is served, and bounded in the same way', async () => {
    const old = await room.attacker({ revision: 3 })
    expect(await old.sendEventWithAck('join-channel', PUBLIC)).toMatchObject({ ok: true })
    for (const frame of [
      '42["send-notification"]',
      '42["send-notification",{"title":1}]',
      `42["send-notification",{"title":"a","message":"b","data":${'['.repeat(50_000)}${']'.repeat(50_000)}}]`,
      `42["join-channel","${'x'.repeat(1_000_000)}"]`,
    ]) {
      old.sendFrame(frame)
      expect((await old.next('error-message')).errors.length).toBeGreaterThan(0)
    }
    old.sendFrame(`42["get-stats",${Array(60_000).fill(1).join()}]`)
    await old.closed
  })
})

test('[S43] numbers of acknowledgements may be huge or the same: each request has one answer', async () => {
  const attacker = await room.attacker()
  const answers = (id: string): string[] =>
    attacker.frames.map(({ text }) => text).filter((text) => text.startsWith(`43${id}[`))
  attacker.sendFrame('4277["get-stats"]')
  attacker.sendFrame('4277["get-stats"]')
  attacker.sendFrame('4299999["get-stats"]')
  attacker.sendFrame('429007199254740993["get-stats"]')
  attacker.sendFrame(`42${'9'.repeat(400)}["get-stats"]`)
  await attacker.settle()
  expect(answers('77')).toHaveLength(2)
  expect(answers('99999')).toHaveLength(1)
  expect(answers('9007199254740992')).toHaveLength(1)
  // More digits than a number has: answered under whatever Socket.IO makes of it.
  expect(answers('Infinity').length).toBeLessThanOrEqual(1)
})
