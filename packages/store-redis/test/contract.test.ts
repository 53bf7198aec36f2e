import { storeContract } from '@carillon/store/contract'
import {
  canUse,
  isRedisFound,
  REDIS_COMMAND,
  type RedisCluster,
  type RedisServer,
  startRedis,
  startRedisCluster,
} from '@carillon/testkit/servers'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { redisStore } from '../src/index.ts'

const hasRedis = canUse('redis-server', isRedisFound(), REDIS_COMMAND)
// Each rule has a channel to itself: what others tell may still be on its way through the cluster.
let prefixes = 0
const nextPrefix = (): string => `rule-${++prefixes}`

const DURABLE = { appendonly: 'yes', appendfsync: 'always' }

describe.skipIf(!hasRedis)('[RD1] one server', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis(DURABLE)
  })
  afterAll(() => server.close())

  storeContract(it, (wish) => {
    const prefix = nextPrefix()
    const open = () => redisStore({ url: server.socket, prefix, ...wish })
    return { store: open(), reopen: open }
  })
})

describe.skipIf(!hasRedis)('[RD1] a cluster of three masters', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startRedisCluster(DURABLE)
  }, 30_000)
  afterAll(() => cluster.close())

  storeContract(it, (wish) => {
    const client = new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })))
    const prefix = nextPrefix()
    const open = () => redisStore({ client, prefix, ...wish })
    const store = open()
    const close = async (): Promise<void> => {
      await store.close()
      client.disconnect()
    }
    return { store, reopen: open, close }
  })
})
