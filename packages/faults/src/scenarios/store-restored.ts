import { rm } from 'node:fs/promises'
import { type LinkedGround, preparePostgres, prepareRedis, prepareSqlite } from '../places.ts'
import type { StorePlace } from '../stores.ts'
import type { Verdict } from './scenario.ts'
import { type Backup, backupFolder, postgresBackup, redisBackup, sqliteBackup } from './store-backups.ts'
import type { CrewPlan } from './store-crew.ts'
import { behindClosedDoors, loseUnderLoad } from './store-loss.ts'

type Orders = CrewPlan['orders']

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
