/*
 * A short run of `npm run stores`, on real stores. The process that appends is a built program: npm test builds it.
 */
import {
  canUse,
  findPostgres,
  isRedisFound,
  POSTGRES_COMMAND,
  REDIS_COMMAND,
} from '@carillon/testkit/servers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Breakage } from '../src/appender/broken-store.ts'
import { COMPILER_COMMAND, compileLibrary, findCompiler, type Library } from '../src/disk/library.ts'
import { SETTINGS, type Setting } from '../src/settings.ts'
import { type Survey, survey, worstOf } from '../src/survey.ts'
import { runTrial } from '../src/trials.ts'

const LIMIT_MS = 60_000
const canCompile = canUse('A C compiler', findCompiler() !== null, COMPILER_COMMAND)

function settingOf(name: string): Setting {
  const setting = SETTINGS[name]
  if (setting === undefined) throw new Error(`no setting ${name}`)
  return setting
}

/** Little enough for SQLite to reach no checkpoint. */
const SHORT = { confirmations: 40, ms: 0, draws: 1 }

test(
  '[SV5] the memory store loses all with its process, and says so',
  async () => {
    const { durability, trials, complaints } = await survey(settingOf('memory'), { ...SHORT, library: null })
    expect(complaints).toEqual([])
    expect(durability.level).toBe('none')
    expect(trials.map(({ fault }) => fault)).toEqual(['application', 'application', 'power', 'power'])
    for (const { losses } of trials) expect(worstOf(losses).lost).toBe(worstOf(losses).confirmed)
  },
  LIMIT_MS,
)

describe.skipIf(!canCompile)('with a power loss', () => {
  let library: Library
  beforeAll(async () => {
    library = await compileLibrary()
  })
  afterAll(() => library.close())

  const run = (name: string, breaks?: Breakage): Promise<Survey> =>
    survey(settingOf(name), { ...SHORT, library, ...(breaks === undefined ? {} : { breaks }) })
  const lostAt = ({ trials }: Survey, fault: string): number[] =>
    trials.filter((trial) => trial.fault === fault).map(({ losses }) => worstOf(losses).lost)

  test(
    '[SV5] [G6] SQLite keeps what it has confirmed',
    async () => {
      const full = await run('sqlite-full')
      expect(full.complaints).toEqual([])
      expect(full.durability.level).toBe('power')
      expect(full.trials).toHaveLength(4)
      expect(full.trials.every(({ losses }) => worstOf(losses).confirmed >= SHORT.confirmations)).toBe(true)
      expect([...lostAt(full, 'application'), ...lostAt(full, 'power')]).toEqual([0, 0, 0, 0])
    },
    LIMIT_MS,
  )

  test(
    '[SV5] SQLite with synchronous: normal loses it with the power alone, and says so',
    async () => {
      const normal = await run('sqlite-normal')
      expect(normal.complaints).toEqual([])
      expect(normal.durability.level).toBe('process')
      expect(lostAt(normal, 'application')).toEqual([0, 0])
      for (const lost of lostAt(normal, 'power')) expect(lost).toBeGreaterThanOrEqual(SHORT.confirmations)
    },
    LIMIT_MS,
  )

  test(
    '[SV6] a store that promises more than its setting keeps is caught',
    async () => {
      const { complaints } = await run('sqlite-normal', 'promises-power')
      expect(complaints).toEqual([
        expect.stringMatching(
          /^the store says "power", and "process" was measured: .* power: \d+ of \d+ lost/,
        ),
        expect.stringMatching(/^"What is confirmed survives .*" is not what was measured/),
      ])
    },
    LIMIT_MS,
  )

  test(
    '[SV6] [G6] a store that confirms what it has not written is caught',
    async () => {
      const { complaints } = await run('sqlite-full', 'confirms-early')
      expect(complaints[0]).toMatch(/^the store says "power", and "none" was measured: application: \d+ of/)
    },
    LIMIT_MS,
  )

  test.skipIf(!canUse('PostgreSQL', findPostgres() !== null, POSTGRES_COMMAND))(
    '[SV7] [G6] PostgreSQL keeps over a power loss what it has confirmed',
    async () => {
      const trial = await runTrial(settingOf('postgres'), 'power', 1, { ...SHORT, library })
      expect(trial?.durability.level).toBe('power')
      expect(trial?.losses.map(({ lost, isReadable }) => ({ lost, isReadable }))).toEqual([
        { lost: 0, isReadable: true },
        { lost: 0, isReadable: true },
      ])
    },
    LIMIT_MS,
  )

  test.skipIf(!canUse('Redis', isRedisFound(), REDIS_COMMAND))(
    '[SV7] [G6] Redis keeps with appendfsync always what it loses with everysec',
    async () => {
      const lost = async (name: string): Promise<number | undefined> => {
        const trial = await runTrial(settingOf(name), 'power', 1, { ...SHORT, library })
        return trial?.losses[0]?.lost
      }
      expect(await lost('redis-always')).toBe(0)
      expect(await lost('redis-everysec')).toBeGreaterThan(0)
    },
    LIMIT_MS,
  )
})

test.skipIf(!canUse('Redis', isRedisFound(), REDIS_COMMAND))(
  '[SV7] a kill of Redis loses all without persistence, and a kill of the application nothing',
  async () => {
    const plan = { ...SHORT, library: null }
    const database = await runTrial(settingOf('redis'), 'database', 64, plan)
    const application = await runTrial(settingOf('redis'), 'application', 64, plan)
    expect(database?.losses[0]?.lost).toBe(database?.losses[0]?.confirmed)
    expect(application?.losses[0]?.lost).toBe(0)
  },
  LIMIT_MS,
)
