import { createMemoryStore, type NotificationStore, type RetentionOptions } from '@carillon/store'
import { postgresStore } from '@carillon/store-postgres'
import { redisStore } from '@carillon/store-redis'
import { sqliteStore } from '@carillon/store-sqlite'

/** Where a store is and how it is set, as it travels to the process that appends. */
export type StorePlace =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly file: string; readonly synchronous: 'full' | 'normal' }
  | { readonly kind: 'postgres'; readonly connectionString: string }
  | { readonly kind: 'redis'; readonly url: string }

export function openStore(place: StorePlace, retention: RetentionOptions = {}): NotificationStore {
  switch (place.kind) {
    case 'memory':
      return createMemoryStore(retention)
    case 'sqlite':
      return sqliteStore(place.file, { synchronous: place.synchronous, ...retention })
    case 'postgres':
      return postgresStore({ connectionString: place.connectionString, ...retention })
    case 'redis':
      return redisStore({ url: place.url, ...retention })
  }
}
