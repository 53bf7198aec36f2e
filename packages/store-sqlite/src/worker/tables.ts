import type { Connection } from './connection.ts'
import { type CursorTable, createCursorTable } from './cursor-table.ts'
import { createItems, type Items } from './items.ts'
import { createStreamFinder, type StreamFinder, type StreamRow } from './streams.ts'

/** The prepared statements of the writer, by table. */
export interface Tables {
  readonly connection: Connection
  readonly finder: StreamFinder
  readonly items: Items
  readonly meta: {
    read(): { readonly seq: number; readonly gone: number }
    save(seq: number, gone: number): void
  }
  readonly streams: {
    save(row: StreamRow): void
    /** The same for a row that is there and in the same life: no index is touched. */
    saveGrown(row: StreamRow): void
    remove(id: number): void
    ofLog(log: number): StreamRow | undefined
    /** So many streams in the order of their ids. */
    walk(afterId: number, limit: number): StreamRow[]
  }
  readonly firstEpochs: { renew(bucket: number): void }
  readonly graves: { add(log: number): void; first(): number | undefined; remove(log: number): void }
  readonly cursors: CursorTable
}

export function createTables(connection: Connection): Tables {
  return {
    connection,
    finder: createStreamFinder(connection),
    items: createItems(connection),
    meta: metaTable(connection),
    streams: streamTable(connection),
    firstEpochs: firstEpochTable(connection),
    graves: graveTable(connection),
    cursors: createCursorTable(connection),
  }
}

function metaTable(connection: Connection): Tables['meta'] {
  const read = connection.query<{ seq: number; gone: number }>('SELECT seq, gone FROM meta')
  const save = connection.query('UPDATE meta SET seq = ?, gone = ?')
  return {
    read() {
      const row = read.get()
      if (row === undefined) throw new Error('the table meta of the database is empty')
      return row
    },
    save: (seq, gone) => void save.run(seq, gone),
  }
}

function streamTable(connection: Connection): Tables['streams'] {
  const columns = 'id, scope, kind, name, log, epoch, head, base, touched, cleared'
  const save = connection.query(`
    INSERT INTO streams (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET log = excluded.log, epoch = excluded.epoch, head = excluded.head,
      base = excluded.base, touched = excluded.touched, cleared = excluded.cleared`)
  const saveGrown = connection.query('UPDATE streams SET head = ?, base = ?, touched = ? WHERE id = ?')
  const remove = connection.query('DELETE FROM streams WHERE id = ?')
  const walk = connection.query<StreamRow>(`SELECT ${columns} FROM streams WHERE id > ? ORDER BY id LIMIT ?`)
  const ofLog = connection.query<StreamRow>(`SELECT ${columns} FROM streams WHERE log = ?`)
  return {
    save: ({ id, scope, kind, name, log, epoch, head, base, touched, cleared }) =>
      void save.run(id, scope, kind, name, log, epoch, head, base, touched, cleared),
    saveGrown: ({ id, head, base, touched }) => void saveGrown.run(head, base, touched, id),
    remove: (id) => void remove.run(id),
    ofLog: (log) => ofLog.get(log),
    walk: (afterId, limit) => walk.all(afterId, limit),
  }
}

function firstEpochTable(connection: Connection): Tables['firstEpochs'] {
  const renew = connection.query(`
    INSERT INTO first_epochs (bucket, epoch) VALUES (?, ?)
    ON CONFLICT (bucket) DO UPDATE SET epoch = excluded.epoch`)
  return { renew: (bucket) => void renew.run(bucket, crypto.randomUUID()) }
}

function graveTable(connection: Connection): Tables['graves'] {
  const add = connection.query('INSERT INTO graves (log) VALUES (?)')
  const first = connection.query<{ log: number }>('SELECT log FROM graves ORDER BY log LIMIT 1')
  const remove = connection.query('DELETE FROM graves WHERE log = ?')
  return {
    add: (log) => void add.run(log),
    first: () => first.get()?.log,
    remove: (log) => void remove.run(log),
  }
}
