import type { Durability } from '@carillon/store'
import type { Database } from './database.ts'
import type { Row } from './driver.ts'
import { textOf } from './sessions.ts'

const SENTENCES = {
  power:
    'PostgreSQL keeps what is confirmed: it survives the end of any process, of the database and of its machine.',
  process:
    'As PostgreSQL is set, what is confirmed survives the end of any process, the database among them, but perhaps not of its machine.',
  none: 'As PostgreSQL is set, what is confirmed survives the end of this process, but perhaps not a crash of the database.',
} as const satisfies Record<Durability['level'], string>

const STANDBY = ' A standby has it, too.'

export async function askDurability(database: Database, plainSchema: string): Promise<Durability> {
  const [row] = await database.use((connection) => connection.query(QUESTION, [plainSchema]))
  return durabilityOf(row)
}

/** As the sessions of the pool see it: a role, a database or a connection string may have settings of its own. */
const QUESTION = `select current_setting('fsync') as fsync,
  current_setting('synchronous_commit') as synchronous_commit,
  current_setting('full_page_writes') as full_page_writes,
  current_setting('synchronous_standby_names') as standbys,
  current_setting('default_transaction_isolation') as isolation,
  (select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = $1 and c.relkind = 'r' and c.relpersistence <> 'p') as unlogged`

/** The pure part, for a test of every combination. */
export function durabilityOf(row: Row | undefined): Durability {
  const setting = (name: string): string => textOf(row, name) ?? ''
  const isOff = (name: string): boolean => setting(name) === 'off'
  const isUnlogged = setting('unlogged') !== '0'
  const level =
    isOff('synchronous_commit') || isUnlogged
      ? 'none'
      : isOff('fsync') || isOff('full_page_writes')
        ? 'process'
        : 'power'
  const waitsForStandby = setting('standbys') !== '' && /^(on|remote_)/.test(setting('synchronous_commit'))
  const warnings = [
    isOff('synchronous_commit') &&
      'synchronous_commit is off: a crash of the database loses the last confirmed notifications. Set it to on.',
    isOff('fsync') && 'fsync is off: a power failure may destroy the whole database. Set it to on.',
    isOff('full_page_writes') &&
      'full_page_writes is off: a power failure may leave torn pages behind. Set it to on.',
    isUnlogged &&
      'Tables of the schema are unlogged: a crash of the database empties them. Use ALTER TABLE … SET LOGGED.',
    setting('isolation') !== 'read committed' &&
      `default_transaction_isolation is ${setting('isolation')}: appends to a busy stream are refused. Set it to read committed.`,
  ]
  return {
    level,
    sentence: SENTENCES[level] + (level !== 'none' && waitsForStandby ? STANDBY : ''),
    warnings: warnings.filter((warning) => warning !== false),
  }
}
