import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres, startRedis } from '@carillon/testkit/servers'
import type { StorePlace } from './stores.ts'

export const STORE_KINDS = ['sqlite', 'postgres', 'redis'] as const satisfies readonly StorePlace['kind'][]

/** Data of its own for one scenario, gone afterwards. */
export interface Ground {
  readonly place: StorePlace
  close(): Promise<void>
}

/** A store as it is meant to be run: every confirmation survives the power. */
export async function prepareGround(kind: StorePlace['kind']): Promise<Ground> {
  switch (kind) {
    case 'sqlite': {
      const folder = await mkdtemp(join(tmpdir(), 'carillon-faults-'))
      const place = { kind, file: join(folder, 'notifications.db') } as const
      return { place, close: () => rm(folder, { recursive: true, force: true }) }
    }
    case 'postgres': {
      const server = await startPostgres()
      const connectionString = await server.createDatabase()
      return { place: { kind, connectionString }, close: () => server.close() }
    }
    case 'redis': {
      const server = await startRedis({ appendonly: 'yes', appendfsync: 'always' })
      return { place: { kind, url: server.url }, close: () => server.close() }
    }
  }
}
