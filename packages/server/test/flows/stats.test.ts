/*
 * Statistics to many are told a few at a time, so that nobody else waits meanwhile.
 * Ids: P-STATS-SLICES, P-STATS-TRUE
 */
import { turns } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { createWorld, ServerEvent, type World } from './world.ts'

const CROWD = 300
const MOST_AT_ONCE = 64
const PACE = { minIntervalMs: 1_000, perClientMs: 0 }

/** A world in which everybody is connected, and has the statistics that were due. */
async function stage() {
  /** How many got each of the statistics: those that were told together have one in common. */
  const told = new Map<object, number>()
  const world = createWorld({
    settings: { stats: PACE },
    wire: (wire) => ({
      ...wire,
      emitShared(peer, event, payload) {
        if (event === ServerEvent.ServerStats) told.set(payload, (told.get(payload) ?? 0) + 1)
        wire.emitShared(peer, event, payload)
      },
    }),
  })
  const crowd = Array.from({ length: CROWD }, () => world.connect({}))
  await turns()
  world.time.advance(10 * PACE.minIntervalMs)
  told.clear()
  const sizes = (): number[] => [...told.values()]
  const latest = ({ peer }: ReturnType<World['connect']>) =>
    peer.frames.filter(({ event }) => event === ServerEvent.ServerStats).at(-1)?.payload.connectedClients
  return { world, crowd, told, sizes, latest }
}

test('[P-STATS-SLICES] a crowd is told some at a time, each once', async () => {
  const { world, told, sizes, latest } = await stage()
  const late = world.connect({})
  await turns()
  expect(sizes()).toEqual([MOST_AT_ONCE])
  world.time.advance(1)
  expect(Math.max(...sizes())).toBe(MOST_AT_ONCE)
  expect(sizes().reduce((sum, size) => sum + size, 0)).toBe(CROWD + 1)
  expect(latest(late)).toBe(CROWD + 1)
  told.clear()
  world.time.advance(10 * PACE.minIntervalMs)
  expect(sizes()).toEqual([])
})

test('[P-STATS-TRUE] what changes while some have been told reaches all of them, after the pause', async () => {
  const { world, crowd, latest } = await stage()
  world.connect({})
  await turns()
  const [told, ...others] = crowd
  const waiting = others.pop()
  if (told === undefined || waiting === undefined) throw new Error('a crowd is more than one')
  expect([latest(told), latest(waiting)]).toEqual([CROWD + 1, CROWD])
  world.disconnect(waiting.session)
  world.disconnect(told.session)
  world.time.advance(1)
  expect(others.map(latest)).toContain(CROWD + 1)
  expect(others.map(latest)).toContain(CROWD - 1)
  world.time.advance(PACE.minIntervalMs)
  expect(new Set(others.map(latest))).toEqual(new Set([CROWD - 1]))
})

test('[P-STATS-SLICES] nobody is told when the server closes meanwhile', async () => {
  const { world, sizes } = await stage()
  world.connect({})
  await turns()
  world.core.cancelStats?.()
  world.time.advance(10 * PACE.minIntervalMs)
  expect(sizes()).toEqual([MOST_AT_ONCE])
})
