// The store

export type { PostgresStoreOptions } from './options.ts'
export { POSTGRES_STORE_DEFAULTS } from './options.ts'
export { postgresStore } from './store.ts'

// What a pool has to be

export type {
  PostgresClient,
  PostgresNotification,
  PostgresPool,
  PostgresQuery,
  Row as PostgresRow,
} from './driver.ts'
