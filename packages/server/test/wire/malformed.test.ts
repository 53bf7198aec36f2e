/*
 * Malformed requests over raw frames: answered in the sentences of the page, nothing delivered, nobody harmed.
 * Ids: P-MALFORMED, P-HANDSHAKE, G7
 */
import { onUnhandled, type RawClient } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import { MALFORMED } from './malformed-cases.ts'
import { note, raw, type Stage, stage, stock } from './stage.ts'

/** Somebody who must not notice anything, and somebody who sends what is wrong. */
async function memberAndAttacker({ url }: Stage): Promise<{ member: RawClient; attacker: RawClient }> {
  const member = raw(url, { name: 'member' })
  const attacker = raw(url, { name: 'attacker' })
  member.sendEvent('join-channel', 'devops')
  await member.next('channel-joined')
  await attacker.next('connection-confirmed')
  return { member, attacker }
}

/** Nothing but what belongs there arrived, and both are still served. */
async function expectUntouched(member: RawClient, sender: RawClient): Promise<void> {
  await member.settle()
  expect(member.all('notification-received')).toEqual([])
  expect(member.all('error-message')).toEqual([])
  sender.sendEvent('send-notification', note('devops', 'still here'))
  expect((await member.next('notification-received')).title).toBe('still here')
  expect(await sender.next('notification-sent')).toMatchObject({ channel: 'devops', offset: 1 })
}

describe.each(Object.entries(MALFORMED))('%s', (event, cases) => {
  test.each(cases)('[P-MALFORMED] $what is answered in sentences', async ({ args, errors }) => {
    const guard = onUnhandled()
    const played = await stage({ stats: { minIntervalMs: 60_000 } })
    const { member, attacker } = await memberAndAttacker(played)
    attacker.sendFrame(`42${JSON.stringify([event, ...args])}`)
    const answer = await attacker.next('error-message')
    expect(answer).toEqual({ errors, code: expect.any(String), event })
    await expectUntouched(member, attacker)
    expect(attacker.all('error-message')).toHaveLength(1)
    expect(attacker.all('channel-joined')).toEqual([])
    expect(played.problems).toEqual([])
    await guard.check()
  })
})

test('[G7] what is nested 5,000 deep is refused wherever it stands', async () => {
  const guard = onUnhandled()
  const { member, attacker } = await memberAndAttacker(await stage())
  const deepList = `${'['.repeat(5_000)}${']'.repeat(5_000)}`
  const deepObject = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`
  const inData = (deep: string) => `["send-notification",{"title":"a","message":"b","data":{"x":${deep}}}]`
  for (const deep of [deepList, deepObject]) {
    attacker.sendFrame(`42${inData(deep)}`)
    const { errors } = await attacker.next('error-message')
    expect(errors).toEqual(["Le champ 'data' est trop imbriqué (32 niveaux au plus)"])
    for (const frame of [
      `["send-notification",${deep}]`,
      `["send-notification",{"title":${deep},"message":"b","channel":"devops"}]`,
      `["join-channel",${deep}]`,
      `["join-channel","devops",{"since":${deep}}]`,
      `["leave-channel",${deep}]`,
      `["get-stats",${deep}]`,
      `["ack-notifications",${deep}]`,
      `["ack-notifications",{"b":${deep}}]`,
    ]) {
      attacker.sendFrame(`42${frame}`)
      expect((await attacker.next('error-message')).errors.length).toBeGreaterThan(0)
    }
  }
  await expectUntouched(member, attacker)
  await guard.check()
})

test('[G7] 32 levels are not too many', async () => {
  const { url } = await stage()
  const client = raw(url)
  const data = `{"x":${'['.repeat(31)}${']'.repeat(31)}}`
  await client.next('connection-confirmed')
  client.sendFrame(`42["send-notification",{"title":"a","message":"b","data":${data}}]`)
  expect(JSON.stringify((await client.next('notification-received')).data)).toBe(data)
})

test('[G7] a flood of wrong arguments or entries costs one short answer', async () => {
  const guard = onUnhandled()
  const { member, attacker } = await memberAndAttacker(await stage())
  const entries = Array.from({ length: 80_000 }, (_, n) => `"${n}":1`).join()
  for (const frame of [
    `["get-stats",${Array(10_000).fill(1).join()}]`,
    `["ack-notifications",{${entries}}]`,
    `["send-notification",{"title":"a","message":"b","data":{${entries}}}]`,
  ]) {
    attacker.sendFrame(`42${frame}`)
    const answer = await attacker.next('error-message')
    expect(JSON.stringify(answer).length).toBeLessThan(4_000)
  }
  await expectUntouched(member, attacker)
  await guard.check()
})

test('[P-MALFORMED] binary is named as such, in data and elsewhere', async () => {
  const { url } = await stage()
  const member = raw(url)
  member.sendEvent('join-channel', 'devops')
  await member.next('channel-joined')
  const client = stock(url, { transports: ['websocket'] })
  const bytes = Buffer.from([1, 2, 3])
  const cases: [unknown[], string][] = [
    [
      ['send-notification', { ...note('devops', 'a'), data: bytes }],
      "Le champ 'data' doit être un objet (reçu : des données binaires)",
    ],
    [
      ['send-notification', { ...note('devops', 'a'), data: { bytes } }],
      "Le champ 'data' ne doit contenir que des valeurs JSON",
    ],
    [
      ['send-notification', bytes],
      "Le champ 'notification' doit être un objet (reçu : des données binaires)",
    ],
    [
      ['join-channel', bytes],
      "Le champ 'channel' doit être une chaîne de caractères (reçu : des données binaires)",
    ],
  ]
  for (const [[event, ...args], error] of cases) {
    client.emit(String(event), ...args)
    expect((await client.next('error-message')).errors).toEqual([error])
  }
  await member.settle()
  expect(member.all('notification-received')).toEqual([])
})

test('[P-MALFORMED] a name that every object has is a name like any other', async () => {
  const { url } = await stage()
  const client = raw(url)
  for (const channel of ['__proto__', 'constructor', 'toString']) {
    client.sendEvent('join-channel', channel)
    expect(await client.next('channel-joined')).toMatchObject({ channel, clientCount: 1 })
    client.sendEvent('send-notification', note(channel, channel))
    expect(await client.next('notification-received')).toMatchObject({ channel, title: channel })
  }
  client.sendFrame('42["send-notification",{"title":"a","message":"b","data":{"__proto__":{"admin":true}}}]')
  expect((await client.next('error-message')).errors).toEqual([
    "Le champ 'data' ne doit contenir que des valeurs JSON",
  ])
  expect({}).not.toHaveProperty('admin')
})

test('[P-HANDSHAKE] whatever is not as it should be in auth counts as absent', async () => {
  const { url } = await stage()
  const claims: object[] = [
    { user_id: 42, username: ['Alice'], device_id: {} },
    { user_id: '', username: '   ' },
    { user_id: 'x'.repeat(65), username: 'y'.repeat(65) },
    { user_id: 'a\u0000b', username: '\ud800' },
    { user_id: null, username: null, notifications: 'two' },
    { notifications: { version: 3 } },
    { notifications: { version: 2, since: { b: { epoch: 5 } } } },
  ]
  for (const auth of claims) {
    const client = raw(url, { auth })
    expect((await client.next('connection-confirmed')).userId).toBeNull()
    // Not a client of the second version: it hears the events.
    client.sendEvent('send-notification', note(null, 'who?'))
    await client.next('notification-sent')
    expect((await client.next('notification-received')).sender).toBe('Anonyme')
    await client.close()
  }
})

test.each([
  '42',
  '42[]',
  '42{}',
  '42["connect"]',
  '42[{}]',
  '4',
  '49',
  '451-["x",{"_placeholder":true}]',
  '40"x"',
  'x',
])('[G7] the frame %s ends its own connection at most', async (frame) => {
  const guard = onUnhandled()
  const played = await stage()
  const { member, attacker } = await memberAndAttacker(played)
  attacker.sendFrame(frame)
  const other = raw(played.url, { name: 'other' })
  await other.next('connection-confirmed')
  await expectUntouched(member, other)
  await guard.check()
})
