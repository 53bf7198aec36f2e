import { statSync } from 'node:fs'
import Database from 'libsql'
import type { SqliteStoreSettings } from '../options.ts'
import { patiently } from './faults.ts'
import { migrate } from './migrations.ts'

/** What may be bound to a statement. The driver ends the process on a boolean. */
export type Value = string | number | null

/** A prepared statement whose rows have the columns of `Row`. */
export interface Query<Row> {
  get(...values: Value[]): Row | undefined
  all(...values: Value[]): Row[]
  /** Returns how many rows it changed. */
  run(...values: Value[]): number
}

export interface Connection {
  readonly isInTransaction: boolean
  exec(sql: string): void
  query<Row>(sql: string): Query<Row>
  /** Whether the path still leads to the file that was opened: an open one can be replaced unnoticed. */
  isCurrent(): boolean
  close(): void
}

/** A write-ahead log that grew once is cut back to so much. */
const LOG_BYTES = 64 * 1024 * 1024
const CACHE_KIB = 16 * 1024
/** A checkpoint syncs twice and writes every page once, however often it has changed: 16 MB, four times the usual. */
const CHECKPOINT_PAGES = 4_000

/** Opens the file, makes it what the store needs, and brings its tables up to date. */
export function openConnection(settings: SqliteStoreSettings): Connection {
  const db = openFile(settings.file)
  try {
    db.exec(`PRAGMA busy_timeout = ${settings.busyTimeoutMs}`)
    patiently(settings.busyTimeoutMs, () => db.exec('PRAGMA journal_mode = WAL'))
    db.exec(`
      PRAGMA synchronous = ${settings.synchronous};
      PRAGMA fullfsync = ON;
      PRAGMA checkpoint_fullfsync = ON;
      PRAGMA journal_size_limit = ${LOG_BYTES};
      PRAGMA cache_size = -${CACHE_KIB};
      PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
      PRAGMA temp_store = MEMORY;
    `)
    const connection = wrap(db, settings.file)
    limitSize(connection, settings.maxFileBytes)
    migrate(connection, settings.busyTimeoutMs)
    return connection
  } catch (error) {
    db.close()
    throw error
  }
}

function openFile(file: string): Database.Database {
  try {
    return new Database(file)
  } catch (cause) {
    const failure = new Error(`the database '${file}' cannot be opened`, { cause })
    throw Object.assign(failure, { code: 'SQLITE_CANTOPEN' })
  }
}

function wrap(db: Database.Database, file: string): Connection {
  const opened = identityOf(file)
  return {
    get isInTransaction() {
      return db.inTransaction
    },
    exec: (sql) => void db.exec(sql),
    query<Row>(sql: string): Query<Row> {
      const statement = db.prepare<Value[]>(sql)
      // The columns are written in the statement itself, a line away from `Row`: nothing else could vouch for them.
      return {
        get: (...values) => statement.get(...values) as Row | undefined,
        all: (...values) => statement.all(...values) as Row[],
        run: (...values) => statement.run(...values).changes,
      }
    },
    isCurrent: () => identityOf(file) === opened,
    close: () => void db.close(),
  }
}

function limitSize(connection: Connection, maxFileBytes: number): void {
  if (maxFileBytes === Number.POSITIVE_INFINITY) return
  const size = connection.query<{ page_size: number }>('PRAGMA page_size').get()?.page_size ?? 4096
  connection.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxFileBytes / size))}`)
}

function identityOf(file: string): string | null {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat === undefined ? null : `${stat.dev}:${stat.ino}`
}
