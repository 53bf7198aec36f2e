/*
 * What a new proof of the same user changes of what is under way, and what ends cost.
 * Ids: G7, G8, S31
 */
import { deferred, turns } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { ClientEvent, createWorld } from './world.ts'

test('[G8] [S31] a join that the old proof allowed is asked about again when there is a new one', async () => {
  const stands = deferred<void>()
  let isHeld = false
  let teams = ['a']
  const asked: unknown[] = []
  const world = createWorld({
    hooks: {
      authenticate: () => ({ userId: 'alice', claims: teams }),
      authorize({ user, channel }) {
        asked.push(user.claims)
        return Array.isArray(user.claims) && user.claims.includes(channel)
      },
    },
    delay: (what) => (isHeld && what.startsWith('heads') ? stands.promise : Promise.resolve()),
  })
  const { session, peer } = world.connect({})
  await turns()
  isHeld = true
  world.request(session, ClientEvent.JoinChannel, 'a')
  await turns()
  teams = []
  world.request(session, ClientEvent.RefreshAuth, {})
  await turns()
  stands.resolve()
  await turns()
  expect(asked).toEqual([['a'], []])
  expect(peer.frames.at(-1)?.payload).toMatchObject({ code: 'not-allowed', event: 'join-channel' })
  expect([...peer.rooms].filter((room) => room.includes('c:a'))).toEqual([])
})

test('[G7] ends that are far apart are not all looked at for each connection', async () => {
  let hours = 0
  const world = createWorld({
    hooks: {
      authenticate: () => ({ userId: 'alice', expiresAt: world.time.now() + ++hours * 3_600_000 }),
    },
  })
  const { buckets } = world.core.expiries.deadlines
  let looks = 0
  const keys = buckets.keys.bind(buckets)
  buckets.keys = () => {
    looks += 1
    return keys()
  }
  for (let n = 0; n < 50; n++) world.connect({})
  await turns()
  expect(buckets.size).toBe(50)
  expect(looks).toBe(1)
  await world.time.advanceAndSettle(51 * 3_600_000)
  expect(world.core.users.size).toBe(0)
})
