export type { PostgresOptions, PostgresServer } from './postgres.ts'
export { findPostgres, POSTGRES_COMMAND, startPostgres } from './postgres.ts'
export {
  isRedisFound,
  REDIS_COMMAND,
  type RedisCluster,
  type RedisServer,
  type RedisSettings,
  startRedis,
  startRedisCluster,
} from './redis.ts'
export { canUse } from './require.ts'
