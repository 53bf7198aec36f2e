export type { RedisStoreOptions } from './options.ts'
export { REDIS_STORE_DEFAULTS } from './options.ts'
export { redisStore } from './store.ts'
