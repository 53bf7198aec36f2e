import type { NotificationStore, RetentionOptions } from '@carillon/store'
import { postgresStore } from '@carillon/store-postgres'
import { redisStore } from '@carillon/store-redis'
import { sqliteStore } from '@carillon/store-sqlite'

/** Where a store is, as it travels to the processes that open it. */
export type StorePlace =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly connectionString: string }
  | { readonly kind: 'redis'; readonly url: string }

/** @param keeps how long it keeps notifications; by default as the store has it */
export function openStore(place: StorePlace, keeps: RetentionOptions = {}): NotificationStore {
  switch (place.kind) {
    case 'sqlite':
      return sqliteStore(place.file, keeps)
    case 'postgres':
      return postgresStore({ connectionString: place.connectionString, ...keeps })
    case 'redis':
      return redisStore({ url: place.url, ...keeps })
  }
}
