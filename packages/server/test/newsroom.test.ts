import { createMemoryStore, type NotificationStore, type StoreListener } from '@carillon/store'
import { fakeClock } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { createNewsroom } from '../src/edge/newsroom.ts'
import { createWorld } from './flows/world.ts'

function opened(change: Partial<NotificationStore> = {}) {
  const calls = { prune: 0, heads: 0 }
  const memory = createMemoryStore()
  const store: NotificationStore = {
    ...memory,
    prune: async () => {
      calls.prune += 1
      return 0
    },
    ...change,
  }
  const clock = fakeClock()
  const newsroom = createNewsroom(store, clock)
  const world = createWorld({
    store: (real) => ({
      ...real,
      heads: (streams) => {
        calls.heads += 1
        return real.heads(streams)
      },
    }),
  })
  world.connect({ user_id: 'alice' })
  return { newsroom, clock, world, calls }
}

test('[G9] what has expired is swept out again and again, by a store that failed once as well', async () => {
  let failures = 0
  const prune = async (): Promise<number> => {
    failures += 1
    throw new Error('locked')
  }
  const { newsroom, clock, world } = opened({ prune })
  const desk = newsroom.createDesk()
  desk.open(world.core)
  for (const time of [1, 2, 3]) {
    await clock.advanceAndSettle(80_000)
    expect(failures).toBeGreaterThanOrEqual(time)
  }
  expect(world.faults).toHaveLength(failures)
  desk.close()
  expect(clock.pending()).toBe(0)
})

test('[G2] the heads are checked from time to time where others may append, and nowhere else', async () => {
  let listeners = 0
  const listen = (_: StoreListener) => {
    listeners += 1
    return () => {
      listeners -= 1
    }
  }
  const alone = opened()
  const shared = opened({ shared: true, listen })
  for (const { newsroom, world, clock, calls } of [alone, shared]) {
    const desk = newsroom.createDesk()
    desk.open(world.core)
    await clock.advanceAndSettle(1)
    calls.heads = 0
    await clock.advanceAndSettle(130_000)
    expect(calls.prune).toBeGreaterThanOrEqual(1)
    expect(listeners).toBe(world === shared.world ? 1 : 0)
    desk.close()
    expect(clock.pending()).toBe(0)
    expect(listeners).toBe(0)
  }
  expect(alone.calls.heads).toBe(0)
  expect(shared.calls.heads).toBeGreaterThanOrEqual(3)
})
