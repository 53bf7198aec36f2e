import {
  badOption,
  checkOptionNames,
  positiveOption,
  RETENTION_NAMES,
  type Retention,
  type RetentionOptions,
  resolveRetention,
} from '@carillon/store'
import type { Cluster, Redis } from 'ioredis'

/** Where the Redis store keeps its data, and how much of it. Either `url` or `client` is needed. */
export interface RedisStoreOptions extends RetentionOptions {
  /**
   * Where Redis is: `redis://…`, `rediss://…` for TLS, or the absolute path of a unix socket. The store makes a
   * connection of its own, keeps it open through failures, and ends it with `close()`.
   */
  readonly url?: string
  /**
   * A client of ioredis, of one server or of a cluster, when `url` cannot say what is needed (Sentinel, Cluster,
   * certificates). It stays yours: the store never ends it. News of other processes come over a second connection
   * with the same options, which the store makes and ends itself.
   */
  readonly client?: Redis | Cluster
  /**
   * What the names of all keys and of the channel begin with. Stores with the same prefix on the same database
   * share their data. No braces, since Redis Cluster reads them, and no white space.
   *
   * @default 'carillon'
   */
  readonly prefix?: string
  /**
   * Milliseconds that one step waits for Redis, a connection that is being made included. Later it rejects; an
   * entry that was on its way by then has an unknown outcome.
   *
   * @default 5_000
   */
  readonly timeoutMs?: number
}

export interface RedisStoreSettings extends Retention {
  readonly target: string | Redis | Cluster
  readonly prefix: string
  readonly timeoutMs: number
}

/** The defaults of what is not about retention, which `RETENTION_DEFAULTS` of `@carillon/store` holds. */
export const REDIS_STORE_DEFAULTS = Object.freeze({ prefix: 'carillon', timeoutMs: 5_000 })

export const FACTORY = 'redisStore'

const NAMES = ['url', 'client', 'prefix', 'timeoutMs', ...RETENTION_NAMES]
const PREFIX = /^[^\s{}]{1,100}$/
const URL_START = /^(rediss?:\/\/|\/)./

/** @throws NotificationsStoreError `BAD_OPTION` */
export function resolveOptions(options: RedisStoreOptions): RedisStoreSettings {
  checkOptionNames(FACTORY, options, NAMES)
  const { prefix = REDIS_STORE_DEFAULTS.prefix } = options
  if (typeof prefix !== 'string' || !PREFIX.test(prefix))
    throw badOption(
      FACTORY,
      'prefix',
      'a string of 1 to 100 characters without braces and white space',
      prefix,
    )
  return {
    target: targetOf(options),
    prefix,
    timeoutMs: positiveOption(FACTORY, 'timeoutMs', options.timeoutMs, REDIS_STORE_DEFAULTS.timeoutMs),
    ...resolveRetention(FACTORY, options),
  }
}

function targetOf({ url, client }: RedisStoreOptions): string | Redis | Cluster {
  if (client === undefined) {
    // What came is not told: a password may be part of it.
    if (typeof url !== 'string' || !URL_START.test(url))
      throw badOption(
        FACTORY,
        'url',
        'redis://…, rediss://… or the path of a unix socket, unless there is a "client"',
      )
    return url
  }
  if (url !== undefined) throw badOption(FACTORY, 'url', 'absent where a "client" is given')
  if (!isClient(client)) throw badOption(FACTORY, 'client', 'a Redis or Cluster of ioredis', client)
  return client
}

function isClient(client: unknown): boolean {
  return (
    typeof client === 'object' &&
    client !== null &&
    'status' in client &&
    'call' in client &&
    'duplicate' in client &&
    'isCluster' in client
  )
}
