/* A hook that never answers, and very many questions. THREATS S44 */
import { until } from '@carillon/testkit'
import { beforeEach, expect, test } from 'vitest'
import { note } from '../wire/stage.ts'
import { hostileRoom } from './hostile-room.ts'

const REQUESTS = 50
const HOOKS = 4
let asked = 0

const room = hostileRoom({
  authorize: ({ user, action }) => {
    if (user.userId === 'honest' || action === 'stats') return true
    asked += 1
    return new Promise(() => undefined)
  },
  limits: { hookTimeoutMs: 300, requestsPerSocket: REQUESTS, hooksPerSocket: HOOKS },
})

beforeEach(() => {
  asked = 0
})

test('[S44] so many requests wait at most; the others are refused at once, and every one in time', async () => {
  const attacker = await room.attacker()
  const answers = await Promise.all(
    Array.from({ length: 3 * REQUESTS }, (_, n) =>
      attacker.sendEventWithAck('send-notification', note(`${n}`, 'a')),
    ),
  )
  const withCode = (code: string): unknown[] =>
    answers.filter((answer) => Reflect.get(Object(answer), 'code') === code)
  // A few at a time; what waited for them in vain is not asked about any more, or only just.
  expect(asked).toBeLessThanOrEqual(2 * HOOKS)
  expect(withCode('hook-failed')).toHaveLength(REQUESTS)
  expect(withCode('too-many-requests')).toHaveLength(2 * REQUESTS)
  expect(room.problems).toHaveLength(REQUESTS)
  // Room again for what comes then.
  expect(await attacker.sendEventWithAck('get-stats')).toMatchObject({ ok: true })
})

test.each(['join-channel', 'send-notification'])(
  '[S44] %s on one channel is asked one after the other, and no more when nobody waits for it',
  async (event) => {
    const attacker = await room.attacker()
    for (let n = 0; n < 40; n++)
      attacker.sendEvent(event, event === 'join-channel' ? 'one' : note('one', `${n}`))
    await attacker.settle()
    expect(asked).toBe(1)
    await attacker.close()
    await until(() => room.problems.length === 1, 'the hook has had its time')
    await room.honest.settle()
    expect(asked).toBe(1)
  },
)

test('[S44] who goes away meanwhile leaves nothing that waits', async () => {
  const attackers = await Promise.all(Array.from({ length: 20 }, () => room.attacker()))
  for (const attacker of attackers) {
    for (let n = 0; n < 40; n++) attacker.sendEvent('join-channel', `${n}`)
    await attacker.settle()
    await attacker.close()
  }
  expect(asked).toBeLessThanOrEqual(20 * 2 * HOOKS)
  // The room checks that nobody is in a channel, and in the end that no timer is left.
})
