import { canUse, isRedisFound, REDIS_COMMAND, startRedis, startRedisCluster } from '@carillon/testkit/servers'
import { Cluster } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { judge, type ServerSettings } from '../src/durability.ts'
import { redisStore } from '../src/index.ts'

const hasRedis = canUse('redis-server', isRedisFound(), REDIS_COMMAND)

const BEST: ServerSettings = {
  appendonly: 'yes',
  appendfsync: 'always',
  noFsyncOnRewrite: 'no',
  evictionPolicy: 'noeviction',
  save: '',
}

describe('what a confirmation survives', () => {
  const table: readonly (readonly [
    Partial<ServerSettings>,
    level: string,
    sentence: string,
    ...warnings: string[],
  ])[] = [
    [{}, 'power', 'survives the end of any process and of the machine'],
    [
      { appendfsync: 'everysec' },
      'process',
      'about the last second is lost with the power',
      'appendfsync always',
    ],
    [{ appendfsync: 'no' }, 'process', 'half a minute', 'appendfsync always'],
    [{ noFsyncOnRewrite: 'yes' }, 'process', 'writes its file anew', 'no-appendfsync-on-rewrite no'],
    [{ appendonly: 'no' }, 'none', 'no persistence', 'appendonly yes'],
    [{ appendonly: 'no', save: '3600 1' }, 'none', 'snapshot', 'appendonly yes'],
    [{ evictionPolicy: 'allkeys-lru' }, 'power', 'survives', 'maxmemory-policy noeviction'],
    [
      { appendfsync: null, noFsyncOnRewrite: null, save: null },
      'process',
      'could not be read',
      'appendfsync always',
    ],
    [{ appendonly: null }, 'none', 'could not be read', 'make sure of "appendonly yes"'],
    [{ evictionPolicy: null }, 'power', 'survives', 'make sure of "maxmemory-policy noeviction"'],
  ]
  for (const [change, level, sentence, ...warnings] of table) {
    it(`[RD3] ${JSON.stringify(change)} gives ${level}`, () => {
      const judged = judge({ ...BEST, ...change })
      expect(judged.level).toBe(level)
      expect(judged.sentence).toContain(sentence)
      expect(judged.warnings).toHaveLength(warnings.length)
      for (const [at, warning] of warnings.entries()) expect(judged.warnings[at]).toContain(warning)
    })
  }

  it.skipIf(!hasRedis)('[RD3] the settings are read from the server, each time', async () => {
    const server = await startRedis({ appendonly: 'yes', appendfsync: 'always' })
    const store = redisStore({ url: server.socket })
    try {
      expect(await store.durability()).toMatchObject({ level: 'power', warnings: [] })
      await server.cli('config', 'set', 'appendfsync', 'everysec')
      expect(await store.durability()).toMatchObject({ level: 'process' })
      await server.cli('config', 'set', 'appendfsync', 'always')
      await server.cli('config', 'set', 'maxmemory-policy', 'volatile-lru')
      expect((await store.durability()).warnings).toEqual([expect.stringContaining('volatile-lru')])
      await server.cli('config', 'set', 'appendonly', 'no')
      expect(await store.durability()).toMatchObject({ level: 'none' })
    } finally {
      await store.close()
      await server.close()
    }
  })

  it.skipIf(!hasRedis)('[RD3] where CONFIG is forbidden, INFO says whether there is a file', async () => {
    const server = await startRedis({ appendonly: 'yes' })
    await server.cli('acl', 'setuser', 'default', '-config')
    const store = redisStore({ url: server.socket })
    try {
      const { level, sentence, warnings } = await store.durability()
      expect({ level, warnings }).toEqual({
        level: 'process',
        warnings: [expect.stringContaining('appendfsync always')],
      })
      expect(sentence).toContain('CONFIG is forbidden')
    } finally {
      await store.close()
      await server.close()
    }
  })

  it.skipIf(!hasRedis)('[RD3] the weakest master of a cluster decides', async () => {
    const cluster = await startRedisCluster({ appendonly: 'yes', appendfsync: 'always' })
    const client = new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })))
    const store = redisStore({ client })
    try {
      expect(await store.durability()).toMatchObject({ level: 'power', warnings: [] })
      await cluster.nodes[1]?.cli('config', 'set', 'appendonly', 'no')
      await cluster.nodes[2]?.cli('config', 'set', 'appendfsync', 'everysec')
      const { level, warnings } = await store.durability()
      expect({ level, warnings }).toEqual({
        level: 'none',
        warnings: [
          expect.stringContaining('appendonly yes'),
          expect.stringContaining('appendfsync everysec'),
        ],
      })
    } finally {
      await store.close()
      client.disconnect()
      await cluster.close()
    }
  })

  it.skipIf(!hasRedis)(
    '[RD3] a server that cannot be reached has no durability, and may be asked again',
    async () => {
      const server = await startRedis({ appendonly: 'yes' })
      await server.stop()
      const store = redisStore({ url: server.socket, timeoutMs: 200 })
      try {
        await expect(store.durability()).rejects.toThrow('Redis cannot be reached')
        await server.start()
        await expect.poll(() => store.durability().catch(() => null)).toMatchObject({ level: 'process' })
      } finally {
        await store.close()
        await server.close()
      }
    },
  )
})
