import type { AppendOutcome, NewEntry, NotificationStore, Page, Subscriber, Written } from '@carillon/store'
import {
  canUse,
  findPostgres,
  POSTGRES_COMMAND,
  type PostgresOptions,
  type PostgresServer,
  startPostgres,
} from '@carillon/testkit/servers'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe } from 'vitest'
import { type PostgresStoreOptions, postgresStore } from '../src/index.ts'

export { CONTENT, entries, entry, stream } from './kit-entries.ts'

/** What the tests of a file share: a server of their own, and things that are closed after each test. */
export interface Bench {
  server(): PostgresServer
  /** A store on a database. It is closed after the test, unless the test does so. */
  open(url: string, options?: Omit<PostgresStoreOptions, 'connectionString' | 'pool'>): NotificationStore
  /** A connection to look at the tables with, or to stand in somebody's way. */
  connect(url: string): Promise<pg.Client>
  pool(url: string, config?: pg.PoolConfig): pg.Pool
  later(end: () => Promise<unknown>): void
}

export function describePostgres(
  title: string,
  run: (bench: Bench) => void,
  options?: PostgresOptions,
): void {
  describe.skipIf(!canUse('PostgreSQL', findPostgres() !== null, POSTGRES_COMMAND))(title, () => {
    let server: PostgresServer | undefined
    let ends: (() => Promise<unknown>)[] = []
    const later: Bench['later'] = (end) => void ends.push(end)
    beforeAll(async () => {
      server = await startPostgres(options)
    })
    afterAll(() => server?.close())
    afterEach(async () => {
      const taken = ends
      ends = []
      await Promise.all(taken.map((end) => end()))
    })
    run({
      server: () => {
        if (server === undefined) throw new Error('the server is not there yet')
        return server
      },
      open(connectionString, more = {}) {
        const store = postgresStore({ connectionString, ...more })
        later(() => store.close())
        return store
      },
      async connect(connectionString) {
        const client = new pg.Client({ connectionString })
        client.on('error', () => undefined)
        await client.connect()
        later(() => client.end())
        return client
      },
      pool(connectionString, config = {}) {
        const pool = new pg.Pool({ connectionString, ...config })
        pool.on('error', () => undefined)
        later(() => pool.end())
        return pool
      },
      later,
    })
  })
}

export const ALL = { after: 0, limit: 100_000, maxBytes: 1_000_000_000 } as const

export function written(outcomes: readonly AppendOutcome[]): Written[] {
  return outcomes.map((outcome) => {
    if (outcome.outcome === 'written') return outcome
    const cause = 'cause' in outcome ? outcome.cause : undefined
    throw new Error(`expected the entry to be written, got ${outcome.outcome}`, { cause })
  })
}

export async function append(store: NotificationStore, list: readonly NewEntry[]): Promise<Written[]> {
  return written(await store.append(list))
}

export const offsets = (page: Page): number[] => page.items.map(({ offset }) => offset)
export const range = (last: number, first = 1): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at)
export const user = (name: string, device: string | null = null): Subscriber => ({ user: name, device })
