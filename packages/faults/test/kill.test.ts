/*
 * A short run of the matrix: each fault on the store where it matters most. `npm run faults` runs all on all.
 * The nodes are built programs: npm test builds them.
 */
import {
  canUse,
  findPostgres,
  isRedisFound,
  POSTGRES_COMMAND,
  REDIS_COMMAND,
} from '@carillon/testkit/servers'
import { describe, expect, test } from 'vitest'
import { prepareGround } from '../src/places.ts'
import { type KillPlan, killLoop } from '../src/scenarios/kill-loop.ts'
import { SCENARIOS } from '../src/scenarios/table.ts'
import type { StorePlace } from '../src/stores.ts'

const TIMES = 4
const LIMIT_MS = 90_000

async function run(kind: StorePlace['kind'], name: string): Promise<void> {
  const ground = await prepareGround(kind)
  try {
    const verdict = await SCENARIOS[name]?.run(ground.place, TIMES)
    expect(verdict?.violations).toEqual([])
    expect(verdict?.facts.deaths).toBeGreaterThanOrEqual(TIMES)
    expect(verdict?.facts.confirmed).toBeGreaterThan(100)
  } finally {
    await ground.close()
  }
}

describe('on SQLite', () => {
  test(
    '[R34] [G2] nothing confirmed is lost, doubled or out of order when nodes are killed',
    async () => {
      await run('sqlite', 'kill-9')
    },
    LIMIT_MS,
  )
  test(
    '[R33] [G4] what is in the log and was not confirmed becomes no second notification',
    async () => {
      await run('sqlite', 'kill-after-append')
    },
    LIMIT_MS,
  )
  test(
    '[R36] [G6] a node that is told to go confirms what it took',
    async () => {
      await run('sqlite', 'drain')
    },
    LIMIT_MS,
  )
})

describe('a store that is broken on purpose is found:', () => {
  const broken = async (plan: Pick<KillPlan, 'how' | 'breaks'>): Promise<Set<string>> => {
    const ground = await prepareGround('sqlite')
    try {
      const { violations } = await killLoop(ground.place, { deaths: 2, senders: 1, inFlight: 8, ...plan })
      return new Set(violations.map(({ invariant }) => invariant))
    } finally {
      await ground.close()
    }
  }

  test(
    '[R33] [G4] one that forgets keys makes two of one',
    async () => {
      expect(await broken({ how: 'after-append', breaks: 'forgets-keys' })).toContain('I4')
    },
    LIMIT_MS,
  )
  test(
    '[R34] [G6] one that confirms early loses what it confirmed',
    async () => {
      expect(await broken({ how: 'SIGKILL', breaks: 'confirms-early' })).toContain('I1')
    },
    LIMIT_MS,
  )
})

describe.skipIf(!canUse('PostgreSQL', findPostgres() !== null, POSTGRES_COMMAND))('on PostgreSQL', () => {
  test(
    '[R34] [G2] nothing confirmed is lost, doubled or out of order when nodes are killed',
    async () => {
      await run('postgres', 'kill-9')
    },
    LIMIT_MS,
  )
})

describe.skipIf(!canUse('Redis', isRedisFound(), REDIS_COMMAND))('on Redis', () => {
  test(
    '[R33] [G4] what is in the log and was not confirmed becomes no second notification',
    async () => {
      await run('redis', 'kill-after-append')
    },
    LIMIT_MS,
  )
})
