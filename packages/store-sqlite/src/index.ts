// The store

export type { SqliteStoreOptions } from './options.ts'
export { SQLITE_STORE_DEFAULTS } from './options.ts'
export { sqliteStore } from './store.ts'
