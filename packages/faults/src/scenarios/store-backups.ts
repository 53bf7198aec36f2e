import { execFile } from 'node:child_process'
import { copyFile, cp, mkdtemp, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findPostgres } from '@carillon/testkit/servers'
import type { PostgresGround, RedisGround, SqliteGround } from '../places.ts'

/** Takes a backup, as an operator would. What it answers puts everything back to it. */
export type Backup = () => Promise<() => Promise<void>>

const run = promisify(execFile)

/** By the tools that come with it: a dump, and the same database made anew. */
export function postgresBackup({ server, database, direct }: PostgresGround, folder: string): Backup {
  const program = (name: string): string => join(findPostgres() ?? '', name)
  const url = direct.kind === 'postgres' ? direct.connectionString : ''
  const file = join(folder, 'dump.sql')
  return async () => {
    await run(program('pg_dump'), ['--file', file, '--dbname', url])
    return async () => {
      await server.sql(`drop database ${database} with (force)`)
      await server.sql(`create database ${database}`)
      await run(program('psql'), ['-Xq', '-v', 'ON_ERROR_STOP=1', '--file', file, '--dbname', url])
    }
  }
}

const FILES = 'appendonlydir'

/** By a copy of the append-only file, which may be taken at any time. */
export function redisBackup({ server, folder }: RedisGround, place: string): Backup {
  const copy = join(place, FILES)
  return async () => {
    await rm(copy, { recursive: true, force: true })
    await cp(join(folder, FILES), copy, { recursive: true })
    return async () => {
      await server.kill()
      await rm(join(folder, FILES), { recursive: true })
      await cp(copy, join(folder, FILES), { recursive: true })
      await server.start()
    }
  }
}

/** By SQLite itself, and put back when nobody has it open. */
export function sqliteBackup({ place: { file } }: SqliteGround, folder: string): Backup {
  const copy = join(folder, 'backup.db')
  return async () => {
    await rm(copy, { force: true })
    withSqlite(file, (db) => db.exec(`VACUUM INTO '${copy}'`))
    return async () => {
      const fresh = `${file}.restored`
      await copyFile(copy, fresh)
      // What is left of the former file must not be taken for a part of this one.
      for (const rest of ['-wal', '-shm']) await rm(`${file}${rest}`, { force: true })
      await rename(fresh, file)
    }
  }
}

export function backupFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'carillon-backup-'))
}

/** What is used here of the driver. */
export interface SqliteConnection {
  exec(sql: string): unknown
  close(): unknown
}

/** The store's own driver: no other copy of SQLite shall look at the file. */
export function openSqlite(file: string): SqliteConnection {
  const require = createRequire(import.meta.url)
  const ofStore = createRequire(require.resolve('@carillon/store-sqlite/package.json'))
  const Database: new (file: string) => SqliteConnection = ofStore('libsql')
  return new Database(file)
}

function withSqlite(file: string, work: (db: SqliteConnection) => void): void {
  const db = openSqlite(file)
  try {
    work(db)
  } finally {
    db.close()
  }
}
