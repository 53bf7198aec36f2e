import type { Connection } from './connection.ts'
import { patiently } from './faults.ts'

/** Marks the file as ours, so that no other application's database is written to: "CARI" in ASCII. */
const APPLICATION_ID = 0x43415249

/**
 * Each brings the tables from the version of its index to the next. What was released is never changed here.
 *
 * `meta.seq` is one counter for everything that is numbered; a row of `items` carries it as its rowid, so that
 * rowids grow in the order of commits. `meta.gone` is the highest number whose row was deleted. A stream's items
 * belong to its `log`, which `clear` replaces: the old one goes to `graves` and is deleted bit by bit. `epoch` of
 * `meta` identifies the file; it is also the epoch of every stream that has no row, unless `first_epochs` says
 * otherwise for the stream's bucket. A rowid table holds the items, because wide rows slow an index tree down.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL,
    gone INTEGER NOT NULL,
    epoch TEXT NOT NULL
  ) STRICT;

  CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    scope TEXT NOT NULL COLLATE BINARY,
    kind TEXT NOT NULL COLLATE BINARY,
    name TEXT NOT NULL COLLATE BINARY,
    log INTEGER NOT NULL UNIQUE,
    epoch TEXT NOT NULL,
    head INTEGER NOT NULL,
    base INTEGER NOT NULL,
    touched INTEGER NOT NULL,
    cleared INTEGER,
    UNIQUE (scope, kind, name)
  ) STRICT;
  CREATE INDEX streams_cleared ON streams (cleared) WHERE cleared IS NOT NULL;

  CREATE TABLE first_epochs (
    bucket INTEGER PRIMARY KEY,
    epoch TEXT NOT NULL
  ) STRICT;

  CREATE TABLE items (
    seq INTEGER PRIMARY KEY,
    log INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    expires_at INTEGER,
    bytes INTEGER NOT NULL,
    author INTEGER NOT NULL,
    id TEXT NOT NULL,
    sender TEXT NOT NULL COLLATE BINARY,
    key TEXT NOT NULL COLLATE BINARY,
    hash TEXT NOT NULL,
    content TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX items_offset ON items (log, offset);
  CREATE UNIQUE INDEX items_key ON items (log, sender, key);
  CREATE INDEX items_expiry ON items (expires_at) WHERE expires_at IS NOT NULL;

  CREATE TABLE graves (log INTEGER PRIMARY KEY) STRICT;

  CREATE TABLE cursors (
    user TEXT NOT NULL COLLATE BINARY,
    stream INTEGER NOT NULL,
    device TEXT NOT NULL COLLATE BINARY,
    epoch TEXT NOT NULL,
    offset INTEGER NOT NULL,
    moved INTEGER NOT NULL,
    PRIMARY KEY (user, stream, device)
  ) STRICT, WITHOUT ROWID;
  `,
]

/** Brings the tables up to date, in one transaction, however many processes try it at once. */
export function migrate(connection: Connection, busyTimeoutMs: number): void {
  if (userVersion(connection) === MIGRATIONS.length && isOurs(connection)) return
  patiently(busyTimeoutMs, () => connection.exec('BEGIN IMMEDIATE'))
  try {
    const version = knownVersion(connection)
    for (const sql of MIGRATIONS.slice(version)) connection.exec(sql)
    if (version === 0) {
      connection.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
      const insert = connection.query('INSERT INTO meta (one, seq, gone, epoch) VALUES (1, 0, 0, ?)')
      insert.run(crypto.randomUUID())
    }
    connection.exec(`PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`)
  } catch (error) {
    if (connection.isInTransaction) connection.exec('ROLLBACK')
    throw error
  }
}

/**
 * Asked inside the transaction, where nobody else can be half way.
 *
 * @throws on a file that is not ours, or of a newer release
 */
function knownVersion(connection: Connection): number {
  const version = userVersion(connection)
  if (!isOurs(connection)) {
    if (version === 0 && isEmpty(connection)) return 0
    throw coded('FOREIGN_DATABASE', 'the file is the database of another application')
  }
  if (version <= MIGRATIONS.length) return version
  const known = `this release of @carillon/store-sqlite knows versions up to ${MIGRATIONS.length}`
  throw coded('NEWER_SCHEMA', `the file has version ${version}, but ${known}: install a newer release`)
}

function userVersion(connection: Connection): number {
  return connection.query<{ user_version: number }>('PRAGMA user_version').get()?.user_version ?? 0
}

function isOurs(connection: Connection): boolean {
  const row = connection.query<{ application_id: number }>('PRAGMA application_id').get()
  return row?.application_id === APPLICATION_ID
}

function isEmpty(connection: Connection): boolean {
  return connection.query('SELECT 1 FROM sqlite_master LIMIT 1').get() === undefined
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
