import { type PostgresGround, preparePostgres, prepareRedis } from '../places.ts'
import type { Verdict } from './scenario.ts'
import { underLoad } from './store-course.ts'
import type { CrewPlan } from './store-crew.ts'

type Orders = CrewPlan['orders']

/** R19: Redis is killed under load and started again. Its file is written with every confirmation. */
export async function redisKilled(times: number, orders?: Orders): Promise<Verdict> {
  const ground = await prepareRedis()
  try {
    return await underLoad({ place: ground.place, orders }, ground.direct, async (crew) => {
      for (let n = 1; n <= times; n++) {
        await ground.server.kill()
        await ground.server.start()
        await crew.flows(`all goes on after kill ${n}`)
      }
      crew.facts.faults = times
    })
  } finally {
    await ground.close()
  }
}

/** R26: what may happen to a commit that is under way, one after the other. */
const BLOWS: readonly ((ground: PostgresGround) => Promise<void>)[] = [
  ({ server, database }) => terminateAll(server, database),
  async ({ server }) => {
    await server.stop('immediate')
    await server.start()
  },
  ({ server, database }) => terminateAll(server, database),
  async ({ server }) => {
    await server.kill()
    await server.start()
  },
]

/** R26: PostgreSQL cuts its connections off, stops at once, or is killed, in the middle of commits. */
export async function postgresStruck(times: number, orders?: Orders): Promise<Verdict> {
  const ground = await preparePostgres()
  try {
    return await underLoad({ place: ground.place, orders }, ground.direct, async (crew) => {
      for (let n = 0; n < times; n++) {
        await BLOWS[n % BLOWS.length]?.(ground)
        await crew.flows(`all goes on after blow ${n + 1}`)
      }
      crew.facts.faults = times
    })
  } finally {
    await ground.close()
  }
}

async function terminateAll(server: PostgresGround['server'], database: string): Promise<void> {
  await server.sql(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`)
}
