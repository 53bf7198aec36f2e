/* A store on which nothing fails, and a host that says too much at once. */
import { turns } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { append } from '../../src/flows/send.ts'
import { settle, V2 } from './put-back-world.ts'
import { ClientEvent, createWorld, oneByOne, ServerEvent } from './world.ts'

const NOTHING_SAID = {
  to: null,
  kind: null,
  data: null,
  idempotencyKey: null,
  ttl: null,
  expiresAt: null,
} as const

test('[G2] what our own queue refuses is no doubt of the log: what it took reaches whoever is live', async () => {
  const world = createWorld()
  const bob = world.connect({ user_id: 'bob', ...V2 })
  world.request(bob.session, ClientEvent.JoinChannel, 'devops')
  await turns()
  const results = { ok: 0, no: 0 }
  const say = (title: string) =>
    append(
      world.core,
      { asked: { ...NOTHING_SAID, channel: 'devops', type: 'info', title, message: 'm' }, data: null },
      'host',
      'host',
      ({ ok }) => void (ok ? results.ok++ : results.no++),
    )
  say('first')
  await turns()
  for (let n = 0; n < 50_010; n++) say(`n${n}`)
  await turns(20)
  await settle(world, 20)
  const frames = oneByOne(bob.peer.frames)
  const got = frames.filter(({ event }) => event === ServerEvent.NotificationReceived).length
  const reset = frames
    .filter(({ event }) => event === ServerEvent.StreamReset)
    .map(({ payload }) => payload.reason)
  expect({ got, reset }).toEqual({ got: results.ok, reset: [] })
}, 60_000)
