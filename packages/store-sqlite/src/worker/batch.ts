import type { StreamKey } from '@carillon/store'
import { bucketOf, type StreamRow, tagOf } from './streams.ts'
import type { Tables } from './tables.ts'

/**
 * One transaction of the writer: what was read of `meta` and of the streams is kept for all calls that share it,
 * and what changed is written once, by `flush`, before the commit. A transaction that fails is thrown away with it.
 */
export interface Batch {
  readonly tables: Tables
  /** Milliseconds since 1970: the store's clock, read once for all. */
  readonly now: number
  find(stream: StreamKey): StreamRow | undefined
  /** The row of a stream, made when there is none. */
  open(stream: StreamKey): StreamRow
  /** The epoch of a stream, whether it has a row or not. */
  epochOf(stream: StreamKey): string
  /** The number that comes next; `take` uses it up, or so many, and returns the last. */
  readonly nextSeq: number
  take(count?: number): number
  /** The row has grown, or its base has, and must be written. */
  note(row: StreamRow): void
  /** The row has begun a new life and must be written. */
  noteLife(row: StreamRow): void
  /** Something was used that must be kept for longer now. */
  touch(row: StreamRow): void
  /** A row with this number was deleted, or something happened at it that no row tells of. */
  noteGone(seq: number): void
  /** Puts the items of a stream away, and sees to it that its epoch never comes back. */
  endLife(row: StreamRow): void
  /** Forgets that there was such a stream. Its life must have ended. */
  drop(row: StreamRow): void
  flush(): void
}

/** What is only there to tell the unused from the used need not be exact. */
export const TOUCH_MS = 24 * 3600 * 1000

export function createBatch(tables: Tables, now: number): Batch {
  const start = tables.meta.read()
  let { seq, gone } = start
  const rows = new Map<string, StreamRow | undefined>()
  const grown = new Set<StreamRow>()
  const begun = new Set<StreamRow>()

  function find(stream: StreamKey): StreamRow | undefined {
    const tag = tagOf(stream)
    if (rows.has(tag)) return rows.get(tag)
    const row = tables.finder.find(stream)
    rows.set(tag, row)
    return row
  }

  function create({ scope, kind, name }: StreamKey): StreamRow {
    const epoch = tables.finder.firstEpoch({ scope, kind, name })
    const [id, log] = [take(), take()]
    const row = { id, scope, kind, name, log, epoch, head: 0, base: 0, touched: now, cleared: null }
    rows.set(tagOf(row), row)
    begun.add(row)
    return row
  }

  function take(count = 1): number {
    seq += count
    return seq
  }

  return {
    tables,
    now,
    find,
    open: (stream) => find(stream) ?? create(stream),
    epochOf: (stream) => find(stream)?.epoch ?? tables.finder.firstEpoch(stream),
    get nextSeq() {
      return seq + 1
    },
    take,
    note: (row) => void grown.add(row),
    noteLife: (row) => void begun.add(row),
    touch(row) {
      if (row.touched > now - TOUCH_MS) return
      row.touched = now
      grown.add(row)
    },
    noteGone(at) {
      gone = Math.max(gone, at)
    },
    endLife(row) {
      if (row.head === 0) return
      if (tables.items.hasAny(row.log)) tables.graves.add(row.log)
      if (row.epoch === tables.finder.firstEpoch(row)) tables.firstEpochs.renew(bucketOf(row))
    },
    drop(row) {
      tables.streams.remove(row.id)
      grown.delete(row)
      begun.delete(row)
      rows.set(tagOf(row), undefined)
    },
    flush() {
      for (const row of begun) tables.streams.save(row)
      for (const row of grown) if (!begun.has(row)) tables.streams.saveGrown(row)
      if (seq !== start.seq || gone !== start.gone) tables.meta.save(seq, gone)
    },
  }
}
