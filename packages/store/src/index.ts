// The port

export type {
  AppendOutcome,
  Content,
  CursorMove,
  CursorQuestion,
  Durability,
  Head,
  Item,
  NewEntry,
  NotificationStore,
  Page,
  ReadQuery,
  StreamKey,
  Subscriber,
  Written,
} from './port.ts'

// The memory store

export { createMemoryStore } from './memory/memory-store.ts'
export type { MemoryStoreOptions } from './memory/options.ts'
export { MEMORY_STORE_DEFAULTS } from './memory/options.ts'

// Errors

export type { StoreErrorCode } from './errors.ts'
export { NotificationsStoreError } from './errors.ts'
