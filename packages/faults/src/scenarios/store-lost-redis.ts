import { until } from '@carillon/testkit'
import type { RedisServer } from '@carillon/testkit/servers'
import { prepareFailover, prepareRedis, type RedisGround } from '../places.ts'
import type { Verdict } from './scenario.ts'
import type { CrewPlan } from './store-crew.ts'
import { behindClosedDoors, type Looks, loseUnderLoad } from './store-loss.ts'

type Orders = CrewPlan['orders']

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
  const had = looks.marks()
  await server.cli('flushall')
  await looks.after(had)
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
