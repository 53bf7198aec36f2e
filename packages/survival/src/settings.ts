import { findPostgres, isRedisFound, POSTGRES_COMMAND, REDIS_COMMAND } from '@carillon/testkit/servers'
import { type Ground, memoryGround, postgresGround, redisGround, sqliteGround } from './grounds.ts'

/** A store under the settings that decide what a confirmation survives. */
export interface Setting {
  /** Its row in the tables. */
  readonly title: string
  readonly program: Program | null
  /** The documents recommend it: then it must keep everything. @default false */
  readonly isRecommended?: boolean
  /** Every sync of a file takes so much longer, as on a disk that is slow. @default 0 */
  readonly syncDelayMs?: number
  prepare(): Promise<Ground>
}

/** A server program that has to be there. */
export interface Program {
  readonly name: string
  readonly command: string
  isFound(): boolean
}

const POSTGRES: Program = {
  name: 'PostgreSQL',
  command: POSTGRES_COMMAND,
  isFound: () => findPostgres() !== null,
}
const REDIS: Program = { name: 'Redis', command: REDIS_COMMAND, isFound: isRedisFound }

/** As `redis.conf` has it where nobody has changed it. */
const REDIS_SNAPSHOTS = '3600 1 300 100 60 10000'
const SLOW_MS = 1_500

const everySecond = (): Promise<Ground> => redisGround({ appendonly: 'yes', appendfsync: 'everysec' })

/** Every setting that is measured, by its name on the command line. */
export const SETTINGS: Readonly<Record<string, Setting>> = {
  memory: { title: 'memory', program: null, prepare: memoryGround },
  'sqlite-full': {
    title: "SQLite, `synchronous: 'full'` (default)",
    program: null,
    isRecommended: true,
    prepare: () => sqliteGround('full'),
  },
  'sqlite-normal': {
    title: "SQLite, `synchronous: 'normal'`",
    program: null,
    prepare: () => sqliteGround('normal'),
  },
  postgres: {
    title: 'PostgreSQL, `synchronous_commit` on (default)',
    program: POSTGRES,
    isRecommended: true,
    prepare: () => postgresGround({}),
  },
  'postgres-async': {
    title: 'PostgreSQL, `synchronous_commit` off',
    program: POSTGRES,
    prepare: () => postgresGround({ synchronous_commit: 'off' }),
  },
  'postgres-no-fsync': {
    title: 'PostgreSQL, `fsync` off',
    program: POSTGRES,
    prepare: () => postgresGround({ fsync: 'off' }),
  },
  'redis-always': {
    title: 'Redis, append-only file, `appendfsync always`',
    program: REDIS,
    isRecommended: true,
    prepare: () => redisGround({ appendonly: 'yes', appendfsync: 'always' }),
  },
  'redis-everysec': {
    title: 'Redis, append-only file, `appendfsync everysec` (its default)',
    program: REDIS,
    prepare: everySecond,
  },
  'redis-everysec-slow': {
    title: 'the same, on a disk whose syncs take 1.5 s longer',
    program: REDIS,
    syncDelayMs: SLOW_MS,
    prepare: everySecond,
  },
  'redis-snapshots': {
    title: 'Redis, snapshots alone (default)',
    program: REDIS,
    prepare: () => redisGround({ save: REDIS_SNAPSHOTS }),
  },
  redis: { title: 'Redis, no persistence', program: REDIS, prepare: () => redisGround({}) },
}
