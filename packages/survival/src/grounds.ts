import { mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type RedisSettings, startPostgres, startRedis } from '@carillon/testkit/servers'
import type { StorePlace } from './store-place.ts'

/** Data of its own for one trial, gone afterwards. */
export interface Ground {
  readonly place: StorePlace
  /** What a power loss is about; `null` for what is in memory alone. */
  readonly folder: string | null
  /** The program of the database; `null` when the store runs in the application's own process. */
  readonly database: Database | null
  close(): Promise<void>
}

export interface Database {
  /** Ends in good order. */
  stop(): Promise<void>
  /** @param env for the program, besides what it inherits */
  start(env: Readonly<Record<string, string>>): Promise<void>
  /** Starts to be read only: whatever that writes need not be waited for. Rejects when it does not come up. */
  startToRead(): Promise<void>
  kill(): Promise<void>
}

export async function memoryGround(): Promise<Ground> {
  return { place: { kind: 'memory' }, folder: null, database: null, close: async () => undefined }
}

export async function sqliteGround(synchronous: 'full' | 'normal'): Promise<Ground> {
  const outer = await mkdtemp(join(tmpdir(), 'carillon-survival-'))
  const folder = join(outer, 'data')
  mkdirSync(folder)
  const place = { kind: 'sqlite', file: join(folder, 'notifications.db'), synchronous } as const
  return { place, folder, database: null, close: () => rm(outer, { recursive: true, force: true }) }
}

export async function postgresGround(settings: Readonly<Record<string, string>>): Promise<Ground> {
  const server = await startPostgres({ settings })
  const folder = new URL(server.url).searchParams.get('host')
  if (folder === null) throw new Error('the folder of PostgreSQL is not known')
  return {
    place: { kind: 'postgres', connectionString: server.url },
    folder: join(folder, 'data'),
    database: {
      stop: () => server.stop(),
      start: (env) => withEnvironment(env, () => server.start(settings)),
      startToRead: () => server.start({ ...settings, fsync: 'off' }),
      kill: () => server.kill(),
    },
    close: () => server.close(),
  }
}

export async function redisGround(settings: RedisSettings): Promise<Ground> {
  const server = await startRedis(settings)
  return {
    place: { kind: 'redis', url: server.url },
    folder: dirname(server.socket),
    database: {
      stop: () => server.stop(),
      start: (env) => withEnvironment(env, () => server.start()),
      startToRead: () => server.start(),
      kill: () => server.kill(),
    },
    close: () => server.close(),
  }
}

/** What is started meanwhile inherits it. One at a time. */
async function withEnvironment<T>(env: Readonly<Record<string, string>>, task: () => Promise<T>): Promise<T> {
  Object.assign(process.env, env)
  try {
    return await task()
  } finally {
    for (const name of Object.keys(env)) delete process.env[name]
  }
}
