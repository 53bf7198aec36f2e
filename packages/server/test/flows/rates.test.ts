/* What is counted of sockets is forgotten in time. */
import { nextTurn } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { ClientEvent, createWorld } from './world.ts'

const WINDOW_MS = 1_000
const rates = {
  windowMs: WINDOW_MS,
  requestsPerSocket: 3,
  sendsPerSocket: 3,
  joinsPerSocket: 3,
  renewalsPerSocket: 3,
  listsPerSocket: 3,
}

test('[G7] [S23] nothing is held of sockets that ask for nothing, though nobody else asks either', async () => {
  const world = createWorld({ settings: { rates } })
  const { guard } = world.core
  const [alice, bob] = [world.connect({}), world.connect({})]
  world.request(alice.session, ClientEvent.GetStats)
  await nextTurn()
  world.time.advance(WINDOW_MS - 1)
  world.request(bob.session, ClientEvent.GetStats)
  await nextTurn()
  expect(guard.counts.size).toBe(2)
  world.time.advance(1)
  expect(guard.counts.size).toBe(0)
  // The next window begins when it is asked for, and ends by itself as well.
  world.time.advance(WINDOW_MS / 2)
  for (let n = 0; n < 4; n++) world.request(alice.session, ClientEvent.GetStats)
  await nextTurn()
  expect(world.refused.map(({ code }) => code)).toEqual(['too-many-requests'])
  world.time.advance(WINDOW_MS)
  expect(guard.counts.size).toBe(0)
  expect(world.core.timers.size).toBe(0)
})
