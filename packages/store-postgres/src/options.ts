import {
  badOption,
  checkOptionNames,
  positiveOption,
  RETENTION_NAMES,
  type Retention,
  type RetentionOptions,
  resolveRetention,
} from '@carillon/store'
import { createPool, isConnectionString, type PostgresPool } from './driver.ts'

/** Where the database is, and how long things are kept. One of `connectionString` and `pool` is needed. */
export interface PostgresStoreOptions extends RetentionOptions {
  /**
   * `postgresql://user:password@host:port/database`. The store makes a pool of its own and ends it with `close`.
   *
   * @default none: a `pool` is needed instead
   */
  readonly connectionString?: string
  /**
   * A `Pool` of the package `pg`, or what looks like one, of two connections at least: one is kept to hear of
   * other processes. It stays open when the store is closed.
   *
   * @default none: a `connectionString` is needed instead
   */
  readonly pool?: PostgresPool
  /**
   * The schema that holds the tables. It is made when it is not there. Letters, digits and underscores.
   *
   * @default 'carillon'
   */
  readonly schema?: string
  /**
   * Connections for calls at most; the one that listens comes on top. Only with `connectionString`.
   *
   * @default 10
   */
  readonly maxConnections?: number
}

export interface PostgresStoreSettings extends Retention {
  readonly pool: PostgresPool
  /** Ends the pool, if it is ours. */
  readonly end: (() => Promise<void>) | undefined
  readonly schema: string
}

/** The defaults of what is not about retention, which `RETENTION_DEFAULTS` of `@carillon/store` holds. */
export const POSTGRES_STORE_DEFAULTS = Object.freeze({ schema: 'carillon', maxConnections: 10 })

const FACTORY = 'postgresStore'
const NAMES = ['connectionString', 'pool', 'schema', 'maxConnections', ...RETENTION_NAMES]
/** Short enough that the name of the channel for news still fits behind it. */
const SCHEMA = /^(?!pg_)[a-z_][a-z0-9_]{0,47}$/i
const NEEDS = 'at least 2: one connection is kept to hear of other processes'

/** @throws NotificationsStoreError `BAD_OPTION` */
export function resolveOptions(options: PostgresStoreOptions): PostgresStoreSettings {
  checkOptionNames(FACTORY, options, NAMES)
  const schema = options.schema ?? POSTGRES_STORE_DEFAULTS.schema
  if (typeof schema !== 'string' || !SCHEMA.test(schema))
    throw badOption(FACTORY, 'schema', 'up to 48 letters, digits and underscores, not "pg_…"', schema)
  return {
    schema,
    ...resolveRetention(FACTORY, options),
    ...resolvePool(options),
  }
}

function resolvePool(options: PostgresStoreOptions): Pick<PostgresStoreSettings, 'pool' | 'end'> {
  const { connectionString, pool } = options
  if ((connectionString === undefined) === (pool === undefined))
    throw badOption(FACTORY, 'connectionString', 'given, or "pool", and not both')
  if (pool !== undefined) return { pool: checkPool(pool, options.maxConnections), end: undefined }
  // What came is not told: it may hold a password.
  if (
    typeof connectionString !== 'string' ||
    connectionString === '' ||
    !isConnectionString(connectionString)
  )
    throw badOption(FACTORY, 'connectionString', 'like postgresql://user:password@host:5432/database')
  const max = positiveOption(
    FACTORY,
    'maxConnections',
    options.maxConnections,
    POSTGRES_STORE_DEFAULTS.maxConnections,
  )
  const own = createPool(connectionString, max)
  return { pool: own, end: () => own.end() }
}

function checkPool(pool: PostgresPool, maxConnections: number | undefined): PostgresPool {
  const isPool =
    typeof pool === 'object' &&
    pool !== null &&
    typeof pool.connect === 'function' &&
    typeof pool.on === 'function'
  if (!isPool) throw badOption(FACTORY, 'pool', 'a Pool of the package pg', pool)
  if (maxConnections !== undefined)
    throw badOption(FACTORY, 'maxConnections', 'left out with "pool", which has a bound of its own')
  const max = pool.options?.max
  if (max !== undefined && max < 2) throw badOption(FACTORY, 'pool.max', NEEDS, max)
  return pool
}
