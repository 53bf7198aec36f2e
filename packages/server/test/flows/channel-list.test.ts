/*
 * What a question for the list of channels costs.
 * Ids: G8, S23
 */
import { turns } from '@carillon/testkit'
import { expect, test } from 'vitest'
import type { Policy } from '../../src/rules/policies.ts'
import { ClientEvent, createWorld, type World } from './world.ts'

const CHANNELS = 50
const QUESTIONS = 200

type Connected = ReturnType<World['connect']>

async function joined(world: World, auth: object, channels: readonly string[]): Promise<Connected> {
  const connected = world.connect(auth)
  await turns()
  for (const channel of channels) world.request(connected.session, ClientEvent.JoinChannel, channel)
  await turns()
  return connected
}

async function listed(world: World, { session }: Connected): Promise<unknown[]> {
  const answers: unknown[] = []
  for (let n = 0; n < QUESTIONS; n++)
    world.request(session, ClientEvent.GetChannels, (answer: unknown) => answers.push(answer))
  // One after the other: each takes a turn of its own.
  while (answers.length < QUESTIONS) await turns(1)
  return answers
}

test('[S23] policies are asked about every channel for the list, and not for each question', async () => {
  let looks = 0
  let world: World | null = null
  const policy = (pattern: string, join: Policy['join']): Policy => ({
    pattern,
    fits: (name) => {
      looks += 1
      world?.time.advance(1)
      return name.startsWith(pattern)
    },
    ...{ join, send: 'server', history: 'server', rewind: null, ttl: null },
  })
  // What a function would say is not asked for a list.
  const policies = [policy('members', 'users'), policy('own', () => true)]
  const played = createWorld({ policies })
  const names = Array.from({ length: CHANNELS }, (_, n) => `members${n}`)
  await joined(played, { user_id: 'alice' }, names)
  const guest = await joined(played, {}, [])
  const user = await joined(played, { user_id: 'mallory' }, [])
  const member = await joined(played, { user_id: 'bob' }, ['own', 'open'])
  looks = 0
  world = played
  const all = names.map((name) => ({ name, clientCount: 1 })).sort((a, b) => (a.name < b.name ? -1 : 1))
  const open = { name: 'open', clientCount: 1 }
  const own = { name: 'own', clientCount: 1 }
  for (const [asker, channels] of [
    [guest, [open]],
    [user, [...all, open]],
    [member, [...all, open, own]],
  ] as const) {
    for (const answer of await listed(played, asker)) expect(answer).toMatchObject({ ok: true, channels })
  }
  // Once for users and once for guests, and each channel is held against two patterns at most.
  expect(looks).toBeLessThanOrEqual(2 * 2 * (CHANNELS + 2))
  // Whoever comes or goes is in the next one.
  await joined(played, {}, ['later'])
  expect((await listed(played, guest))[0]).toMatchObject({ channels: [{ name: 'later' }, { name: 'open' }] })
})
