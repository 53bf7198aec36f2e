import type { StorePlace } from '../stores.ts'
import { powerLoss } from './power-loss.ts'
import type { Scenario } from './scenario.ts'
import { storeStalls, storeStallsLong, storeUnreachable } from './store-away.ts'
import { databaseClockJumps, nodeClockJumps } from './store-clock.ts'
import { redisDiskFull, sqliteDiskFull } from './store-disks.ts'
import { sqliteLocked } from './store-locked.ts'
import { redisEmptied, redisFailedOver } from './store-lost-redis.ts'
import { postgresStruck, redisKilled } from './store-outages.ts'
import { storeRestored } from './store-restored.ts'
import { storeUnwell } from './store-unwell.ts'

/** What happens to stores, and between a store and its nodes. */
export const STORE_SCENARIOS = {
  'redis-killed': {
    rows: ['R19'],
    title: 'Redis is killed under load, and started again',
    stores: ['redis'],
    run: (_, times) => redisKilled(times),
  },
  'postgres-struck': {
    rows: ['R26'],
    title: 'PostgreSQL cuts connections off, stops at once or is killed, in the middle of commits',
    stores: ['postgres'],
    run: (_, times) => postgresStruck(seldom(times)),
  },
  'store-unreachable': {
    rows: ['R23'],
    title: 'one of two nodes cannot reach the store',
    stores: ['postgres', 'redis'],
    run: (place, times) => storeUnreachable(kindOf(place), seldom(times)),
  },
  'store-stalls': {
    rows: ['R24'],
    title: 'the store does not answer one of two nodes for three times as long as it may take',
    stores: ['postgres', 'redis'],
    run: (place, times) => storeStalls(kindOf(place), Math.ceil(times / 5)),
  },
  'store-stalls-long': {
    rows: ['R24'],
    title: 'the store does not answer one of two nodes for half a minute, with the default limits',
    stores: ['postgres', 'redis'],
    run: (place) => storeStallsLong(kindOf(place)),
  },
  'store-unwell': {
    rows: ['R25'],
    title: 'one call in ten to the store throws, rejects with anything, answers nonsense, or never answers',
    run: (place, times) => storeUnwell(place.kind, seldom(times)),
  },
  'redis-emptied': {
    rows: ['R20'],
    title: 'Redis comes back empty, or is emptied under load',
    stores: ['redis'],
    run: (_, times) => redisEmptied(times),
  },
  'redis-failed-over': {
    rows: ['R21'],
    title: 'a replica of Redis takes over that lacks the last items',
    stores: ['redis'],
    run: (_, times) => redisFailedOver(times),
  },
  'store-restored': {
    rows: ['R57'],
    title: 'the database is put back to a backup',
    run: (place, times) => storeRestored(place.kind, seldom(times)),
  },
  'sqlite-disk-full': {
    rows: ['R30'],
    title: 'the disk of a SQLite file is full, and has room again',
    stores: ['sqlite'],
    run: (_, times) => sqliteDiskFull(seldom(times)),
  },
  'sqlite-locked': {
    rows: ['R29'],
    title: 'a third process holds the write lock of a SQLite file, for ten seconds at first',
    stores: ['sqlite'],
    run: (_, times) => sqliteLocked(times),
  },
  'redis-disk-full': {
    rows: ['R31'],
    title: 'the disk of Redis is full: it ends, and is started again with room',
    stores: ['redis'],
    run: (_, times) => redisDiskFull(seldom(times)),
  },
  'power-loss': {
    rows: ['R32'],
    title: 'the machine loses its power right after sends were confirmed',
    run: (place, times) => powerLoss(place.kind, seldom(times)),
  },
  'node-clock-jumps': {
    rows: ['R48', 'R49'],
    title: 'the clock of one of two nodes jumps an hour back, and two hours ahead',
    run: (place, times) => nodeClockJumps(place.kind, seldom(times)),
  },
  'database-clock-jumps': {
    rows: ['R48'],
    title: 'the clock of PostgreSQL jumps an hour back, and two hours ahead',
    stores: ['postgres'],
    run: (_, times) => databaseClockJumps(seldom(times)),
  },
} as const satisfies Readonly<Record<string, Scenario>>

/** What takes seconds each time happens less often. */
function seldom(times: number): number {
  return Math.ceil(times / 2)
}

/** Of those that are reached over a network. */
function kindOf({ kind }: StorePlace): 'postgres' | 'redis' {
  if (kind === 'sqlite') throw new Error('SQLite is not reached over a network')
  return kind
}
