import type { NotificationStore } from '@carillon/store'
import { postgresStore } from '@carillon/store-postgres'
import { redisStore } from '@carillon/store-redis'
import { sqliteStore } from '@carillon/store-sqlite'

/** Where a store is, as it travels to the processes that open it. */
export type StorePlace =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly connectionString: string }
  | { readonly kind: 'redis'; readonly url: string }

export function openStore(place: StorePlace): NotificationStore {
  switch (place.kind) {
    case 'sqlite':
      return sqliteStore(place.file)
    case 'postgres':
      return postgresStore({ connectionString: place.connectionString })
    case 'redis':
      return redisStore({ url: place.url })
  }
}
