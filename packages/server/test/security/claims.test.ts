/* What a client says of itself where the host does not know it. THREATS S12, S28, S29 */
import type { RawClient } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { as, note } from '../wire/stage.ts'
import { hostileRoom, ODD_OFFSETS, PUBLIC } from './hostile-room.ts'

const room = hostileRoom()

const DEEP = `${'['.repeat(50_000)}${']'.repeat(50_000)}`

test.each([
  ['objects and lists', '{"username":{"toString":1},"user_id":["x"],"device_id":{}}'],
  ['what is 50,000 deep', `{"username":${DEEP},"user_id":${DEEP},"notifications":${DEEP},"x":${DEEP}}`],
  ['65 characters', `{"username":"${'x'.repeat(65)}","user_id":"${'x'.repeat(65)}"}`],
  ['900 kB', `{"username":"${'x'.repeat(450_000)}","user_id":"${'x'.repeat(450_000)}"}`],
  ['a megabyte of accents', `{"user_id":"a${'\u0301'.repeat(200_000)}${'\u0316'.repeat(200_000)}"}`],
  ['names that hide something', '{"username":"Ad\\u200bmin","user_id":"adm\\u202ein"}'],
  ['controls', '{"username":"\\u001b[2J","user_id":"a\\nb"}'],
  ['keys that lead to a prototype', '{"__proto__":{"user_id":"admin"},"constructor":{"user_id":"admin"}}'],
])('[S12] auth with %s makes a guest', async (_, auth) => {
  const attacker = await room.attacker({ authText: auth })
  expect(attacker.all('connection-confirmed')[0]?.userId).toBeNull()
  await attacker.sendEventWithAck('send-notification', note(PUBLIC, 'guest'))
  const { sender } = await room.honest.next('notification-received', ({ title }) => title === 'guest')
  expect(sender).toBe('Anonyme')
})

test.each(ODD_OFFSETS)('[S29] an offset of %s in auth counts as absent', async (offset) => {
  const position = `{"epoch":"e","offset":${offset}}`
  const auth = `{"user_id":"eve","notifications":{"version":2,"since":{"b":${position},"u":${position}}}}`
  const attacker = await room.attacker({ authText: auth })
  expect(attacker.all('connection-confirmed')[0]).toMatchObject({ userId: 'eve', pendingCount: 0 })
})

test('[S28] keys of guests belong to their connection or client, whoever they claim to be', async () => {
  const send = (client: RawClient): Promise<unknown> =>
    client.sendEventWithAck('send-notification', { ...note(PUBLIC, 'a'), idempotencyKey: 'k' })
  const one = await room.attacker(as('alice'))
  const two = await room.attacker(as('alice'))
  expect(await send(one)).toMatchObject({ ok: true, duplicate: false })
  expect(await send(two)).toMatchObject({ ok: true, duplicate: false })
  expect(await send(one)).toMatchObject({ ok: true, duplicate: true })
})
