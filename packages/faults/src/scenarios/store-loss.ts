import { rm } from 'node:fs/promises'
import { until } from '@carillon/testkit'
import type { RedisServer } from '@carillon/testkit/servers'
import { violationsOf } from '../checker.ts'
import {
  type LinkedGround,
  prepareFailover,
  preparePostgres,
  prepareRedis,
  prepareSqlite,
  type RedisGround,
} from '../places.ts'
import type { StorePlace } from '../stores.ts'
import type { Verdict } from './scenario.ts'
import { type Backup, backupFolder, postgresBackup, redisBackup, sqliteBackup } from './store-backups.ts'
import { factsOf, faultsOf, readLog, sendsOf, settle } from './store-course.ts'
import { type Crew, type CrewPlan, startCrew } from './store-crew.ts'
import { earlyOnes, type Life, violationsOfLives } from './store-lives.ts'

type Orders = CrewPlan['orders']

/** What the scenarios here do in their own ways. */
interface Losses {
  readonly plan: CrewPlan
  /** Makes it so that something will be lost: whatever comes after it. */
  readonly prepare?: (crew: Crew) => Promise<void>
  /** Loses it. Between the two looks nobody writes. */
  readonly lose: (crew: Crew, looks: Looks) => Promise<void>
  /** Where the log is to be looked at, now. */
  readonly direct: () => StorePlace
}

/** Ends one life of the log and begins the next. */
interface Looks {
  before(): Promise<void>
  after(): Promise<void>
}

/** The log is lost under load, again and again, in whole or in its last part. */
async function loseUnderLoad({ plan, prepare, lose, direct }: Losses, times: number): Promise<Verdict> {
  const crew = await startCrew(plan)
  const lives: Life[] = []
  const endLife = (log: Life['log']): void => {
    const last = lives.pop()
    if (last !== undefined) lives.push({ ...last, log })
  }
  const beginLife = async (): Promise<void> => {
    const marks = crew.readers.map(({ record }) => record.seen.length)
    const { epoch, items } = await readLog(direct())
    lives.push({ log: null, epoch, from: items.at(-1)?.offset ?? 0, marks })
  }
  const looks: Looks = { before: async () => endLife(await readLog(direct())), after: beginLife }
  try {
    await beginFirst(crew, lives, direct())
    for (let n = 1; n <= times; n++) {
      await prepare?.(crew)
      await crew.flows(`what will be lost, ${n}`)
      await lose(crew, looks)
      await crew.flows(`all goes on after loss ${n}`)
      // Whoever comes back to a log that was put back brings a place in it, or has one there.
      for (const seat of crew.seats) seat.cut()
      await crew.flows(`all goes on after loss ${n} and a reconnection`)
    }
    const log = await settle(crew, direct())
    endLife(log)
    const readers = crew.readers.map(({ record }) => record)
    const faults = faultsOf(crew)
    return {
      violations: [
        ...violationsOfLives({ sends: sendsOf(crew), readers }, lives),
        ...violationsOf({ sends: [], readers: [], waits: crew.waits, faults }, []),
      ],
      facts: { ...factsOf(crew, log), deaths: times, beforeTheWord: earlyOnes(readers, lives) },
    }
  } finally {
    await crew.close()
  }
}

async function beginFirst(crew: Crew, lives: Life[], direct: StorePlace): Promise<void> {
  await crew.flows('the first notifications')
  const { epoch } = await readLog(direct)
  lives.push({ log: null, epoch, from: 0, marks: crew.readers.map(() => 0) })
}

/** Nobody reaches the database meanwhile, so that it is known exactly what was lost. */
async function behindClosedDoors(
  link: LinkedGround['link'],
  looks: Looks,
  lose: () => Promise<void>,
): Promise<void> {
  link.set({ isRefusing: true })
  link.cutAll('rst')
  await looks.before()
  await lose()
  await looks.after()
  link.heal()
}

/** R20: Redis comes back empty, or is emptied while everybody is at work, in turns. */
export async function redisEmptied(times: number, orders?: Orders): Promise<Verdict> {
  const ground = await prepareRedis({})
  let round = 0
  try {
    return await loseUnderLoad(
      {
        plan: { place: ground.place, orders },
        direct: () => ground.direct,
        lose: (_, looks) => (round++ % 2 === 0 ? comesBackEmpty(ground, looks) : isFlushed(ground, looks)),
      },
      times,
    )
  } finally {
    await ground.close()
  }
}

function comesBackEmpty({ link, server }: RedisGround, looks: Looks): Promise<void> {
  return behindClosedDoors(link, looks, async () => {
    await server.kill()
    await server.start()
  })
}

/** Nobody is cut off: only the data are gone. */
async function isFlushed({ server }: RedisGround, looks: Looks): Promise<void> {
  await server.cli('flushall')
  await looks.after()
}

/** R21: a replica takes over that lacks the last items, and new ones are written at the same offsets. */
export async function redisFailedOver(times: number, orders?: Orders): Promise<Verdict> {
  const ground = await prepareFailover()
  const { link, primary, replica } = ground
  try {
    return await loseUnderLoad(
      {
        plan: { place: ground.place, orders },
        direct: () => ({ kind: 'redis', url: primary().url }),
        async prepare() {
          await follow(replica(), primary())
          await replica().cli('replicaof', 'no', 'one')
        },
        lose: (_, looks) => behindClosedDoors(link, looks, async () => ground.swap()),
      },
      times,
    )
  } finally {
    await ground.close()
  }
}

async function follow(replica: RedisServer, primary: RedisServer): Promise<void> {
  await replica.cli('replicaof', '127.0.0.1', String(primary.port))
  const isUp = async (): Promise<boolean> =>
    (await replica.cli('info', 'replication')).includes('master_link_status:up')
  await until(isUp, 'the replica has everything', 20_000)
}

/** R57: the database is put back to an earlier state under its old epoch. */
export function storeRestored(kind: StorePlace['kind'], times: number, orders?: Orders): Promise<Verdict> {
  return kind === 'sqlite' ? sqliteRestored(times, orders) : serverRestored(kind, times, orders)
}

async function serverRestored(kind: 'postgres' | 'redis', times: number, orders: Orders): Promise<Verdict> {
  const folder = await backupFolder()
  const { ground, backup } = await serverWithBackup(kind, folder)
  let restore = async (): Promise<void> => undefined
  try {
    return await loseUnderLoad(
      {
        plan: { place: ground.place, orders },
        direct: () => ground.direct,
        async prepare() {
          restore = await backup()
        },
        lose: (_, looks) => behindClosedDoors(ground.link, looks, () => restore()),
      },
      times,
    )
  } finally {
    await ground.close()
    await rm(folder, { recursive: true })
  }
}

async function serverWithBackup(
  kind: 'postgres' | 'redis',
  folder: string,
): Promise<{ ground: LinkedGround; backup: Backup }> {
  if (kind === 'postgres') {
    const ground = await preparePostgres()
    return { ground, backup: postgresBackup(ground, folder) }
  }
  const ground = await prepareRedis()
  return { ground, backup: redisBackup(ground, folder) }
}

/** Its file is put back while the nodes are down, killed or in good order, in turns. */
async function sqliteRestored(times: number, orders: Orders): Promise<Verdict> {
  const folder = await backupFolder()
  const ground = await prepareSqlite()
  const backup = sqliteBackup(ground, folder)
  let restore = async (): Promise<void> => undefined
  let round = 0
  try {
    return await loseUnderLoad(
      {
        plan: { place: ground.place, orders },
        direct: () => ground.place,
        async prepare() {
          restore = await backup()
        },
        async lose({ seats }, looks) {
          const signal = round++ % 2 === 0 ? 'SIGKILL' : 'SIGTERM'
          await Promise.all(seats.map((seat) => seat.down(signal)))
          await looks.before()
          await restore()
          await looks.after()
          await Promise.all(seats.map((seat) => seat.up()))
        },
      },
      times,
    )
  } finally {
    await ground.close()
    await rm(folder, { recursive: true })
  }
}
