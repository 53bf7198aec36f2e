import type { WireEntry, WireItem } from '../messages.ts'
import type { Connection, Value } from './connection.ts'

/** Where an item is put. */
export interface Slot {
  readonly seq: number
  readonly log: number
  readonly offset: number
  readonly timestamp: number
  readonly expiresAt: number | null
  readonly author: number
}

/** The first append with a key. */
export interface KnownItem extends Omit<WireItem, 'content'> {
  readonly hash: string
}

export interface Removed {
  readonly seq: number
  readonly log: number
  readonly offset: number
  readonly expiresAt: number | null
}

/** The statements that change the log. */
export interface Items {
  /** Returns whether it was written: it is not when the sender used the key before. */
  insert(slot: Slot, entry: WireEntry): boolean
  /** Inserts a whole run, from a slot on. Throws, and inserts nothing, when a key was used before. */
  insertRun(slot: Omit<Slot, 'expiresAt'>, rows: string): void
  byKey(log: number, sender: string, key: string): KnownItem | undefined
  hasAny(log: number): boolean
  firstOffset(log: number): number | undefined
  /** The highest offset above one and up to another whose item has not expired. */
  topAlive(log: number, above: number, upTo: number, now: number): number | undefined
  /**
   * Removes what is at or below an offset, so many rows at most, and returns the number of the last. Cheaper than the
   * others, because no row has to be told.
   */
  cutBelow(log: number, offset: number, limit: number): number | undefined
  /** Each removes so many rows at most, the oldest first. */
  removeBelow(log: number, offset: number, limit: number): Removed[]
  removeOfLog(log: number, limit: number): Removed[]
  removeExpired(now: number, limit: number): Removed[]
  removeUpTo(seq: number): Removed[]
  /** The items that were appended first. */
  oldest(limit: number): { readonly seq: number; readonly timestamp: number }[]
}

export function createItems(connection: Connection): Items {
  const insert = connection.query(`
    INSERT INTO items (seq, log, offset, timestamp, expires_at, bytes, author, id, sender, key, hash, content)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (log, sender, key) DO NOTHING`)
  const insertRun = connection.query(`
    INSERT INTO items (seq, log, offset, timestamp, expires_at, bytes, author, id, sender, key, hash, content)
    SELECT ?1 + key, ?2, ?3 + key, ?4, min(?4 + (value ->> 3), ${Number.MAX_SAFE_INTEGER}), value ->> 2, ?5,
      value ->> 0, value ->> 4, value ->> 5, value ->> 6, value ->> 1
    FROM json_each(?6)`)
  const byKey = connection.query<KnownItem>(`
    SELECT id, offset, timestamp, expires_at AS expiresAt, hash
    FROM items WHERE log = ? AND sender = ? AND key = ?`)
  const any = connection.query('SELECT 1 FROM items WHERE log = ? LIMIT 1')
  const top = connection.query<{ offset: number }>(`
    SELECT offset FROM items WHERE log = ? AND offset > ? AND offset <= ? AND (expires_at IS NULL OR expires_at > ?)
    ORDER BY offset DESC LIMIT 1`)
  const oldest = connection.query<{ seq: number; timestamp: number }>(
    'SELECT seq, timestamp FROM items ORDER BY seq LIMIT ?',
  )
  return {
    insert: ({ seq, log, offset, timestamp, expiresAt, author }, { bytes, id, sender, key, hash, content }) =>
      insert.run(seq, log, offset, timestamp, expiresAt, bytes, author, id, sender, key, hash, content) > 0,
    insertRun: ({ seq, log, offset, timestamp, author }, rows) =>
      void insertRun.run(seq, log, offset, timestamp, author, rows),
    byKey: (log, sender, key) => byKey.get(log, sender, key),
    hasAny: (log) => any.get(log) !== undefined,
    topAlive: (log, above, upTo, now) => top.get(log, above, upTo, now)?.offset,
    ...removals(connection),
    oldest: (limit) => oldest.all(limit),
  }
}

type Removals = Pick<
  Items,
  'firstOffset' | 'cutBelow' | 'removeBelow' | 'removeOfLog' | 'removeExpired' | 'removeUpTo'
>

function removals(connection: Connection): Removals {
  const removal = (which: string): ((...values: Value[]) => Removed[]) => {
    const query = connection.query<Removed>(
      `DELETE FROM items WHERE ${which} RETURNING seq, log, offset, expires_at AS expiresAt`,
    )
    return (...values) => query.all(...values)
  }
  const first = connection.query<{ offset: number }>(
    'SELECT offset FROM items WHERE log = ? ORDER BY offset LIMIT 1',
  )
  const last = connection.query<{ seq: number }>(
    'SELECT seq FROM items WHERE log = ? AND offset <= ? ORDER BY offset DESC LIMIT 1',
  )
  const cut = connection.query('DELETE FROM items WHERE log = ? AND offset <= ?')
  const some = (which: string): string => `seq IN (SELECT seq FROM items WHERE ${which} LIMIT ?)`
  const firstOffset = (log: number): number | undefined => first.get(log)?.offset
  return {
    firstOffset,
    cutBelow(log, offset, limit) {
      const upTo = Math.min(offset, (firstOffset(log) ?? offset) + limit - 1)
      const seq = last.get(log, upTo)?.seq
      if (seq !== undefined) cut.run(log, upTo)
      return seq
    },
    removeBelow: removal(some('log = ? AND offset <= ? ORDER BY offset')),
    removeOfLog: removal(some('log = ? ORDER BY offset')),
    removeExpired: removal(some('expires_at <= ? ORDER BY expires_at')),
    removeUpTo: removal('seq <= ?'),
  }
}
