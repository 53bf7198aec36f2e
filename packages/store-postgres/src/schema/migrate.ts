import { createHash } from 'node:crypto'
import { NotificationsStoreError } from '@carillon/store'
import { type Connection, textOf } from '../sessions.ts'
import { MIGRATIONS } from './migrations.ts'

/**
 * Brings the schema to the version that this release knows. Any number of nodes may do so at once: one does the
 * work, the others wait for it. Asks for no right to create anything where there is nothing to do.
 */
export async function migrate(connection: Connection, schema: string): Promise<void> {
  if (checked(await versionOf(connection, schema), schema) === MIGRATIONS.length) return
  await connection.query('begin')
  try {
    await connection.query(`select pg_advisory_xact_lock(${lockOf(schema)})`)
    await apply(connection, schema)
    await connection.query('commit')
  } catch (cause) {
    // The connection may be what is broken; then there is nothing to roll back.
    await connection.query('rollback').catch(() => undefined)
    throw cause
  }
}

async function apply(connection: Connection, schema: string): Promise<void> {
  const from = checked(await versionOf(connection, schema), schema)
  if (from === 0) await createTable(connection, schema)
  for (const [at, migration] of MIGRATIONS.entries()) {
    if (at < from) continue
    await connection.query(migration(quoted(schema)))
    await connection.query(`insert into ${quoted(schema)}.migrations (version) values ($1)`, [at + 1])
  }
}

async function createTable(connection: Connection, schema: string): Promise<void> {
  const found = await connection.query('select from pg_namespace where nspname = $1', [schema])
  // Not "if not exists": that asks for the right to create it, which a schema made by hand is there to spare.
  if (found.length === 0) await connection.query(`create schema ${quoted(schema)}`)
  await connection.query(`create table if not exists ${quoted(schema)}.migrations (
    version integer primary key, applied_at timestamptz not null default now())`)
}

/** Not by `to_regclass`: within a transaction it may still answer what it answered before the lock. */
const TABLE = `select from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relname = 'migrations'`

async function versionOf(connection: Connection, schema: string): Promise<number> {
  const found = await connection.query(TABLE, [schema])
  if (found.length === 0) return 0
  const table = `${quoted(schema)}.migrations`
  const versions = await connection.query(`select coalesce(max(version), 0) as version from ${table}`)
  return Number(textOf(versions[0], 'version'))
}

function checked(version: number, schema: string): number {
  if (version <= MIGRATIONS.length) return version
  const known = `this release of @carillon/store-postgres knows versions up to ${MIGRATIONS.length}`
  const message = `postgresStore: the schema "${schema}" has version ${version}, but ${known}: install a newer release`
  throw new NotificationsStoreError('NEWER_SCHEMA', message)
}

/** The schema's own lock among all advisory locks of the database. */
function lockOf(schema: string): string {
  return createHash('sha256').update(`carillon migrations ${schema}`).digest().readBigInt64BE().toString()
}

export function quoted(schema: string): string {
  return `"${schema}"`
}
