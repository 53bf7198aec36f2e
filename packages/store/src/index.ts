// The port

export type {
  AppendOutcome,
  Content,
  Control,
  CursorMove,
  CursorQuestion,
  Durability,
  Head,
  Item,
  NewEntry,
  News,
  NotificationStore,
  Page,
  ReadQuery,
  StoreListener,
  StreamKey,
  Subscriber,
  Written,
} from './port.ts'

// The memory store

export { createMemoryStore } from './memory/memory-store.ts'
export type { MemoryStoreOptions } from './memory/options.ts'
export { MEMORY_STORE_DEFAULTS } from './memory/options.ts'

// For those who write a store

export { streamId as streamTag } from './memory/keys.ts'
export { badOption, checkOptionNames, positiveOption } from './option-checks.ts'
export type { Retention, RetentionOptions } from './retention.ts'
export { RETENTION_DEFAULTS, RETENTION_NAMES, resolveRetention } from './retention.ts'

// Errors

export type { StoreErrorCode } from './errors.ts'
export { NotificationsStoreError } from './errors.ts'
