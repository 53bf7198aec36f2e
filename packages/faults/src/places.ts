import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFaultProxy, type FaultProxy } from '@carillon/testkit'
import {
  type PostgresServer,
  type RedisServer,
  type RedisSettings,
  startPostgres,
  startRedis,
} from '@carillon/testkit/servers'
import type { StorePlace } from './stores.ts'

export const STORE_KINDS = ['sqlite', 'postgres', 'redis'] as const satisfies readonly StorePlace['kind'][]

/** Data of its own for one scenario, gone afterwards. */
export interface Ground {
  readonly place: StorePlace
  close(): Promise<void>
}

/** A database whose nodes reach it over a network that can be disturbed; whoever looks on does not pass it. */
export interface LinkedGround extends Ground {
  readonly link: FaultProxy
  /** The same data, past the link. */
  readonly direct: StorePlace
}

export interface SqliteGround extends Ground {
  readonly place: Extract<StorePlace, { readonly kind: 'sqlite' }>
  readonly folder: string
}

export interface PostgresGround extends LinkedGround {
  readonly server: PostgresServer
  /** The name of the database in which everything is. */
  readonly database: string
}

export interface RedisGround extends LinkedGround {
  readonly server: RedisServer
  /** Where the server keeps its files. */
  readonly folder: string
}

/** Every confirmation survives the power. */
export const DURABLE_REDIS: RedisSettings = { appendonly: 'yes', appendfsync: 'always' }

/** A store as it is meant to be run: every confirmation survives the power. */
export async function prepareGround(kind: StorePlace['kind']): Promise<Ground> {
  switch (kind) {
    case 'sqlite':
      return prepareSqlite()
    case 'postgres': {
      const server = await startPostgres()
      const connectionString = await server.createDatabase()
      return { place: { kind, connectionString }, close: () => server.close() }
    }
    case 'redis': {
      const server = await startRedis(DURABLE_REDIS)
      return { place: { kind, url: server.url }, close: () => server.close() }
    }
  }
}

export async function prepareSqlite(): Promise<SqliteGround> {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-faults-'))
  return {
    place: { kind: 'sqlite', file: join(folder, 'notifications.db') },
    folder,
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

export async function preparePostgres(): Promise<PostgresGround> {
  const server = await startPostgres({ tcp: true })
  const connectionString = await server.createDatabase()
  const database = new URL(connectionString).pathname.slice(1)
  const { port } = server
  if (port === null) throw new Error('PostgreSQL does not listen on a port')
  const link = await createFaultProxy(() => ({ port }))
  const linked = `postgresql://postgres@127.0.0.1:${link.port}/${database}`
  return {
    place: { kind: 'postgres', connectionString: linked },
    direct: { kind: 'postgres', connectionString },
    link,
    server,
    database,
    close: () => closeAll(link, server),
  }
}

export async function prepareRedis(settings: RedisSettings = DURABLE_REDIS): Promise<RedisGround> {
  const server = await startRedis(settings)
  const link = await createFaultProxy(() => ({ port: server.port }))
  return {
    place: { kind: 'redis', url: `redis://127.0.0.1:${link.port}` },
    direct: { kind: 'redis', url: server.url },
    link,
    server,
    folder: join(server.socket, '..'),
    close: () => closeAll(link, server),
  }
}

/** A replica need not wait for others that may come. */
const REPLICATED: RedisSettings = { ...DURABLE_REDIS, 'repl-diskless-sync-delay': '0' }

/** A primary and a replica of it; the link leads to whichever is the primary. */
export interface FailoverGround extends Ground {
  readonly link: FaultProxy
  readonly primary: () => RedisServer
  readonly replica: () => RedisServer
  /** From now on the replica is the primary, and the link leads there. */
  swap(): void
}

export async function prepareFailover(): Promise<FailoverGround> {
  let [primary, replica] = [await startRedis(REPLICATED), await startRedis(REPLICATED)]
  const both = [primary, replica]
  const link = await createFaultProxy(() => ({ port: primary.port }))
  return {
    place: { kind: 'redis', url: `redis://127.0.0.1:${link.port}` },
    link,
    primary: () => primary,
    replica: () => replica,
    swap() {
      ;[primary, replica] = [replica, primary]
    },
    close: () => closeAll(link, ...both),
  }
}

export async function prepareLinked(kind: 'postgres' | 'redis'): Promise<LinkedGround> {
  return kind === 'postgres' ? preparePostgres() : prepareRedis()
}

async function closeAll(...opened: readonly { close(): Promise<void> }[]): Promise<void> {
  for (const each of opened) await each.close()
}
