import type { Connection } from './connection.ts'

export interface CursorRow {
  readonly user: string
  readonly stream: number
  readonly device: string
  readonly epoch: string
  readonly offset: number
  /** When it was last moved or, roughly, asked for. */
  readonly moved: number
}

export interface CursorTable {
  get(user: string, stream: number, device: string): CursorRow | undefined
  /** Puts a cursor, or moves the one that is there forward, or into another epoch. */
  put(row: CursorRow, movedBefore: number): void
  /** Notes that it was used, unless that was noted not long before. */
  touch(row: Pick<CursorRow, 'user' | 'stream' | 'device' | 'moved'>, movedBefore: number): void
  remove(user: string, stream: number, device: string): void
  /** Every cursor of a user on a stream. */
  removeOn(user: string, stream: number): void
  /** Every cursor of a user in a scope, and those on streams that are gone. */
  removeAll(user: string, scope: string): void
  /** So many cursors in the order of their keys. */
  walk(after: Pick<CursorRow, 'user' | 'stream' | 'device'>, limit: number): CursorRow[]
}

const COLUMNS = 'user, stream, device, epoch, offset, moved'

/** What looks cursors up, for the reader too. */
export function createCursorReader(connection: Connection): Pick<CursorTable, 'get'> {
  const get = connection.query<CursorRow>(
    `SELECT ${COLUMNS} FROM cursors WHERE user = ? AND stream = ? AND device = ?`,
  )
  return { get: (user, stream, device) => get.get(user, stream, device) }
}

export function createCursorTable(connection: Connection): CursorTable {
  const put = connection.query(`
    INSERT INTO cursors (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (user, stream, device) DO UPDATE SET
      offset = CASE WHEN epoch = excluded.epoch THEN max(offset, excluded.offset) ELSE excluded.offset END,
      epoch = excluded.epoch, moved = excluded.moved
    WHERE epoch <> excluded.epoch OR offset < excluded.offset OR moved < ?`)
  const touch = connection.query(
    'UPDATE cursors SET moved = ? WHERE user = ? AND stream = ? AND device = ? AND moved < ?',
  )
  const remove = connection.query('DELETE FROM cursors WHERE user = ? AND stream = ? AND device = ?')
  const removeOn = connection.query('DELETE FROM cursors WHERE user = ? AND stream = ?')
  const removeAll = connection.query(`
    DELETE FROM cursors WHERE user = ?1
      AND coalesce((SELECT scope FROM streams WHERE id = cursors.stream), ?2) = ?2`)
  const walk = connection.query<CursorRow>(`
    SELECT ${COLUMNS} FROM cursors WHERE (user, stream, device) > (?, ?, ?)
    ORDER BY user, stream, device LIMIT ?`)
  return {
    ...createCursorReader(connection),
    put: ({ user, stream, device, epoch, offset, moved }, movedBefore) =>
      void put.run(user, stream, device, epoch, offset, moved, movedBefore),
    touch: ({ user, stream, device, moved }, movedBefore) =>
      void touch.run(moved, user, stream, device, movedBefore),
    remove: (user, stream, device) => void remove.run(user, stream, device),
    removeOn: (user, stream) => void removeOn.run(user, stream),
    removeAll: (user, scope) => void removeAll.run(user, scope),
    walk: ({ user, stream, device }, limit) => walk.all(user, stream, device, limit),
  }
}
