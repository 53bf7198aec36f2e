import { existsSync, readdirSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canUse } from '@carillon/testkit/servers'
import { type Ground, preparePostgres, prepareRedis, prepareSqlite } from '../places.ts'
import type { StorePlace } from '../stores.ts'
import { SKIPPED, type Verdict } from './scenario.ts'
import { underLoad } from './store-course.ts'
import { CHANNEL, type Crew, type CrewPlan } from './store-crew.ts'
import { type Surroundings, surroundedBy } from './store-nodes.ts'
import { STEADY } from './store-senders.ts'

/** The wall clock of processes that are started with these variables. Their timers are not touched. */
interface FakeClock {
  readonly surroundings: Surroundings
  /** For instance `-1h`: beside the real time, from the next look at the clock on. */
  set(offset: string): Promise<void>
  close(): Promise<void>
}

const COMMAND = 'apt-get install -y --no-install-recommends faketime'
/** Nothing that is sent expires before this, by whatever clock. */
const TTL_S = 24 * 3600
const HOUR_MS = 3_600_000
const JUMPS = [
  { to: '-1h', ms: -HOUR_MS },
  { to: '+2h', ms: 2 * HOUR_MS },
  { to: '+0', ms: 0 },
] as const
/** A jump that nobody sees shows nothing. */
const TOLERANCE_MS = 60_000

/** `null` where it is not installed; one line says so, and what brings it. */
async function makeClock(): Promise<FakeClock | null> {
  const library = findLibrary()
  if (!canUse('A clock that can be set (faketime)', library !== null, COMMAND) || library === null)
    return null
  const folder = await mkdtemp(join(tmpdir(), 'carillon-clock-'))
  // A database runs as somebody else.
  await chmod(folder, 0o755)
  const file = join(folder, 'offset')
  const set = (offset: string): Promise<void> => writeFile(file, `${offset}\n`)
  await set('+0')
  return {
    surroundings: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    set,
    close: () => rm(folder, { recursive: true }),
  }
}

export function findLibrary(): string | null {
  const root = '/usr/lib'
  const folders = existsSync(root) ? readdirSync(root) : []
  const files = folders.map((folder) => join(root, folder, 'faketime', 'libfaketime.so.1'))
  return files.find((file) => existsSync(file)) ?? null
}

/** R48, R49: the clock of one of two nodes jumps under load, backwards and forwards. */
export async function nodeClockJumps(
  kind: StorePlace['kind'],
  times: number,
  orders?: CrewPlan['orders'],
): Promise<Verdict> {
  const clock = await makeClock()
  if (clock === null) return SKIPPED
  const ground = await prepare(kind)
  const plan = { place: ground.place, orders, surroundings: clock.surroundings }
  const now = async ([seat]: Crew['seats']): Promise<number> => (await seat.ask('/time')).now
  return jumpUnderLoad(clock, ground, plan, now, times)
}

/** R48: the clock of PostgreSQL jumps. Redis does not start under a clock that can be set. */
export async function databaseClockJumps(times: number, orders?: CrewPlan['orders']): Promise<Verdict> {
  const clock = await makeClock()
  if (clock === null) return SKIPPED
  const ground = await surroundedBy(clock.surroundings, preparePostgres)
  const now = async (): Promise<number> =>
    1_000 * Number(await ground.server.sql('select extract(epoch from clock_timestamp())'))
  return jumpUnderLoad(clock, ground, { place: ground.place, orders }, now, times)
}

async function jumpUnderLoad(
  clock: FakeClock,
  ground: Ground,
  plan: CrewPlan,
  now: (seats: Crew['seats']) => Promise<number>,
  times: number,
): Promise<Verdict> {
  try {
    return await underLoad({ ...plan, insistence: { ...STEADY, ttl: TTL_S } }, ground.place, async (crew) => {
      for (let n = 0; n < times; n++) {
        const { to, ms } = JUMPS[n % JUMPS.length] ?? JUMPS[0]
        await clock.set(to)
        const seen = (await now(crew.seats)) - Date.now()
        if (Math.abs(seen - ms) > TOLERANCE_MS) throw new Error(`the clock did not jump to ${to}: ${seen} ms`)
        await crew.flows(`all goes on after the jump to ${to}`)
        await expectRemembered(crew, to)
        // Who comes back has to be known, and to find everything.
        for (const each of crew.seats) each.cut()
        await crew.flows(`all goes on after the jump to ${to} and a reconnection`)
      }
      crew.facts.faults = times
    })
  } finally {
    await ground.close()
    await clock.close()
  }
}

/** Nothing is pruned, and the first key of all is still known. [G4] */
async function expectRemembered({ seats, senders, holdings, others }: Crew, jump: string): Promise<void> {
  const { dropped } = await seats[0].ask('/prune')
  holdings.push({ what: `pruned at ${jump}`, before: 0, after: dropped, slack: 0 })
  const [sender] = senders
  const first = sender?.sends[0]
  if (sender === undefined || first === undefined) throw new Error('nothing was sent so far')
  others.push({ ...first, outcome: await sender.repeat(CHANNEL, first.key) })
}

function prepare(kind: StorePlace['kind']): Promise<Ground> {
  if (kind === 'sqlite') return prepareSqlite()
  return kind === 'postgres' ? preparePostgres() : prepareRedis()
}
