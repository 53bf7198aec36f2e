import { resolve } from 'node:path'
import {
  badOption,
  checkOptionNames,
  positiveOption,
  RETENTION_DEFAULTS,
  type Retention,
  type RetentionOptions,
  resolveRetention,
} from '@carillon/store'

/** How a SQLite store keeps what it is given. */
export interface SqliteStoreOptions extends RetentionOptions {
  /**
   * When a commit counts: with `full` once it has reached the disk, so that it survives a power cut; with `normal`
   * once the operating system has it, so that it survives the end of the process and not that of the machine.
   *
   * @default 'full'
   */
  readonly synchronous?: 'full' | 'normal'
  /**
   * Milliseconds to wait for another process that is writing. Whoever waits for longer is told: an append is
   * refused, everything else rejects with the code `SQLITE_BUSY`.
   *
   * @default 4_000
   */
  readonly busyTimeoutMs?: number
  /**
   * Milliseconds between two looks at whether another process has written, as long as somebody listens.
   *
   * @default 50
   */
  readonly pollMs?: number
  /**
   * Bytes that the database file may grow to; appends that need more are refused until a prune makes room. The
   * write-ahead log beside it is not counted. `Infinity` for as much as the disk holds.
   *
   * @default Infinity
   */
  readonly maxFileBytes?: number
}

/** What the workers are started with. */
export interface SqliteStoreSettings extends Retention {
  /** Absolute path. */
  readonly file: string
  readonly synchronous: 'full' | 'normal'
  readonly busyTimeoutMs: number
  readonly pollMs: number
  readonly maxFileBytes: number
  /** Marks the rows that this store wrote: it needs no news of them. */
  readonly author: number
}

export const SQLITE_STORE_DEFAULTS: Required<SqliteStoreOptions> = Object.freeze({
  ...RETENTION_DEFAULTS,
  synchronous: 'full',
  // Twice as long is still less than the server waits for a store: whoever queues behind is refused, not unknown.
  busyTimeoutMs: 4_000,
  pollMs: 50,
  maxFileBytes: Number.POSITIVE_INFINITY,
})

const FACTORY = 'sqliteStore'
const A_FILE = 'the path of a file'

/** An address of some kind: the driver would take it for one of its own protocols. */
const URL_SCHEME = /^[a-z][a-z0-9+.-]+:/i

/** @throws NotificationsStoreError `BAD_OPTION` */
export function resolveOptions(file: string, options: SqliteStoreOptions = {}): SqliteStoreSettings {
  checkFile(file)
  checkOptionNames(FACTORY, options, Object.keys(SQLITE_STORE_DEFAULTS))
  const { synchronous = SQLITE_STORE_DEFAULTS.synchronous } = options
  if (synchronous !== 'full' && synchronous !== 'normal')
    throw badOption(FACTORY, 'synchronous', `'full' or 'normal'`, synchronous)
  const bound = (name: 'busyTimeoutMs' | 'pollMs' | 'maxFileBytes', mayBeEndless = false): number =>
    positiveOption(FACTORY, name, options[name], SQLITE_STORE_DEFAULTS[name], mayBeEndless)
  return {
    ...resolveRetention(FACTORY, options),
    file: resolve(file),
    synchronous,
    busyTimeoutMs: bound('busyTimeoutMs'),
    pollMs: bound('pollMs'),
    maxFileBytes: bound('maxFileBytes', true),
    author: Math.floor(Math.random() * 2 ** 48),
  }
}

function checkFile(file: unknown): void {
  if (typeof file !== 'string' || file.trim() === '' || file.includes('\0'))
    throw badOption(FACTORY, 'file', A_FILE, file)
  if (file === ':memory:') {
    const instead = `${A_FILE}: several connections share it; for notifications in memory use createMemoryStore()`
    throw badOption(FACTORY, 'file', instead, file)
  }
  if (URL_SCHEME.test(file)) throw badOption(FACTORY, 'file', `${A_FILE}, not an address`, file)
}
