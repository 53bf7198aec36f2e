/*
 * A short run of what happens to stores: each fault on the store where it matters most. `npm run faults` runs all on
 * all, and for longer. The nodes are built programs: npm test builds them.
 */
import {
  canUse,
  findPostgres,
  isRedisFound,
  POSTGRES_COMMAND,
  REDIS_COMMAND,
} from '@carillon/testkit/servers'
import { describe, expect, test } from 'vitest'
import { powerLoss } from '../src/scenarios/power-loss.ts'
import type { Verdict } from '../src/scenarios/scenario.ts'
import { storeStalls, storeUnreachable } from '../src/scenarios/store-away.ts'
import { databaseClockJumps, nodeClockJumps } from '../src/scenarios/store-clock.ts'
import { redisDiskFull, sqliteDiskFull } from '../src/scenarios/store-disks.ts'
import { SHORTEST_MS, sqliteLocked } from '../src/scenarios/store-locked.ts'
import { redisEmptied, redisFailedOver } from '../src/scenarios/store-lost-redis.ts'
import { postgresStruck, redisKilled } from '../src/scenarios/store-outages.ts'
import { storeRestored } from '../src/scenarios/store-restored.ts'
import { storeUnwell } from '../src/scenarios/store-unwell.ts'

const LIMIT_MS = 90_000

/** Nothing was broken, and something happened. */
function holds(title: string, run: () => Promise<Verdict>): void {
  test(
    title,
    async ({ skip }) => {
      const { violations, facts } = await run()
      if (facts.skipped !== undefined) return skip('what it needs is not here: see above')
      expect(violations).toEqual([])
      expect(facts.confirmed).toBeGreaterThan(50)
    },
    LIMIT_MS,
  )
}

/** The same course finds a store that is broken on purpose. */
function finds(title: string, invariant: string, run: () => Promise<Verdict>): void {
  test(
    title,
    async ({ skip }) => {
      const { violations, facts } = await run()
      if (facts.skipped !== undefined) return skip('what it needs is not here: see above')
      expect(violations.map((violation) => violation.invariant)).toContain(invariant)
    },
    LIMIT_MS,
  )
}

describe('on SQLite', () => {
  holds('[R29] [G2] a third process that holds the write lock delays sends and loses none', () =>
    sqliteLocked(1, SHORTEST_MS),
  )
  holds('[R30] [G6] a full disk refuses sends, reads go on, and all is well with room', () =>
    sqliteDiskFull(1),
  )
  holds('[R25] [G7] a store that fails in every way ends nothing and doubles nothing', () =>
    storeUnwell('sqlite', 3),
  )
  holds('[R48] [R49] [G4] a clock that jumps changes neither order nor ids, and forgets nothing', () =>
    nodeClockJumps('sqlite', 2),
  )
  holds('[R32] [G6] what was confirmed is there after a power loss', () => powerLoss('sqlite', 1))
  holds('[R57] [G5] a file that was put back is told, and nothing new is passed over', () =>
    storeRestored('sqlite', 1),
  )
  finds('[R30] [G6] a store that takes a failure for a success is found', 'I1', () =>
    sqliteDiskFull(1, { breaks: 'confirms-what-failed' }),
  )
  finds('[R25] [G7] a store that throws at nobody is found', 'I7', () =>
    storeUnwell('sqlite', 1, { breaks: 'throws-at-nobody' }),
  )
  finds('[R32] [G6] a setting that the power takes confirmations from is found', 'I1', () =>
    powerLoss('sqlite', 1, 'sqlite-normal'),
  )
  finds('[R48] [G4] a store that names by the clock is found', 'I4', () =>
    nodeClockJumps('sqlite', 1, { breaks: 'names-by-the-clock' }),
  )
  finds('[R57] [G5] a store that hides what was put back is found', 'I2', () =>
    storeRestored('sqlite', 1, { breaks: 'hides-what-was-put-back' }),
  )
})

describe.skipIf(!canUse('PostgreSQL', findPostgres() !== null, POSTGRES_COMMAND))('on PostgreSQL', () => {
  holds('[R26] [G4] commits that are cut off become no second notification', () => postgresStruck(2))
  holds('[R24] [G7] a database that does not answer leaves the outcome unknown, in time', () =>
    storeStalls('postgres', 1),
  )
  holds('[R48] [G1] a database whose clock jumps keeps the order', () => databaseClockJumps(2))
  holds('[R57] [G5] a database that was put back is told, and nothing new is passed over', () =>
    storeRestored('postgres', 1),
  )
  finds('[R24] [G7] a node that waits for ever is found', 'I6', () =>
    storeStalls('redis', 1, { limits: { storeTimeoutMs: 600_000 } }),
  )
})

describe.skipIf(!canUse('Redis', isRedisFound(), REDIS_COMMAND))('on Redis', () => {
  holds('[R19] [G2] nothing confirmed is lost when Redis is killed', () => redisKilled(2))
  holds(
    '[R23] [G6] a node that cannot reach its store says so, delivers nothing of its own, and comes back',
    () => storeUnreachable('redis', 1),
  )
  holds('[R20] [G5] a Redis that is empty is told, and nobody waits for what is gone', () => redisEmptied(2))
  holds('[R21] [G5] a replica that lacks the last items is noticed by their ids', () => redisFailedOver(1))
  holds('[R31] [G7] a Redis that ends with a full disk is waited for', () => redisDiskFull(1))
  finds('[R23] [G6] a store that takes a failure for a success is found', 'I1', () =>
    storeUnreachable('postgres', 1, { breaks: 'confirms-what-failed' }),
  )
  finds('[R20] [G5] a store that hides new epochs is found', 'I2', () =>
    redisEmptied(1, { breaks: 'hides-new-epochs' }),
  )
})
