import type { NotificationStore } from '@carillon/store'
import { type RedisServer, type RedisSettings, startRedis } from '@carillon/testkit/servers'
import { Redis } from 'ioredis'
import type { RedisStoreOptions } from '../src/options.ts'
import { redisStore } from '../src/store.ts'

/** What a test has opened, and how it is closed: the last first. */
export interface Stage {
  start(settings?: RedisSettings): Promise<RedisServer>
  open(options: RedisStoreOptions): NotificationStore
  /** A client as a host would hand it in. */
  client(url: string): Redis
  add<T extends { close(): unknown }>(one: T): T
  close(): Promise<void>
}

export function createStage(): Stage {
  const opened: { close(): unknown }[] = []
  const add = <T extends { close(): unknown }>(one: T): T => {
    opened.unshift(one)
    return one
  }
  return {
    add,
    start: async (settings) => add(await startRedis(settings)),
    open: (options) => add(redisStore({ timeoutMs: 1_000, ...options })),
    client(url) {
      const client = new Redis(url)
      client.on('error', () => undefined)
      add({ close: () => client.disconnect() })
      return client
    },
    async close() {
      for (const one of opened.splice(0)) await one.close()
    },
  }
}
