import type { ReadQuery, StreamKey } from '@carillon/store'
import type { WireItem, WirePage } from '../messages.ts'
import type { Connection, Query } from './connection.ts'
import type { StreamFinder } from './streams.ts'

export interface Pages {
  read(stream: StreamKey, query: ReadQuery, now: number): WirePage
}

interface ItemRow extends WireItem {
  readonly bytes: number
}

/** Rows that are fetched at a time: a page may end long before its limit, because it is full of bytes. */
const FETCH_ROWS = 100

export const ITEM_COLUMNS = 'items.id, offset, timestamp, expires_at AS expiresAt, content'

export function createPages(connection: Connection, finder: StreamFinder): Pages {
  const select = (which: string): Query<ItemRow> =>
    connection.query(`
      SELECT ${ITEM_COLUMNS}, bytes FROM items
      WHERE log = ? AND ${which} LIMIT ?`)
  const alive = '(expires_at IS NULL OR expires_at > ?)'
  const after = select(`offset > ? AND ${alive} ORDER BY offset`)
  const before = select(`offset < ? AND offset > ? AND ${alive} ORDER BY offset DESC`)
  const at = connection.query<{ id: string }>('SELECT id FROM items WHERE log = ? AND offset = ?')

  return {
    read(stream, query, now) {
      const row = finder.find(stream)
      if (row === undefined) {
        const coveredTo = 'after' in query ? Math.max(query.after, 0) : Math.min(query.before, 1)
        return { ...finder.headOf(stream), base: 0, items: [], coveredTo, idAt: null }
      }
      const { epoch, head, base, log } = row
      const facts = { epoch, offset: head, base }
      // What is at or below the base may not be deleted yet: it is gone all the same.
      if ('after' in query) {
        const { items, isCut } = collect(query, query.after, (from, limit) =>
          after.all(log, Math.max(from, base), now, limit),
        )
        const coveredTo = isCut ? (items.at(-1)?.offset ?? query.after) : Math.max(query.after, head)
        const idAt = query.after > base ? (at.get(log, query.after)?.id ?? null) : null
        return { ...facts, items, coveredTo, idAt }
      }
      const { items, isCut } = collect(query, query.before, (from, limit) =>
        before.all(log, from, base, now, limit),
      )
      const coveredTo = isCut ? (items.at(-1)?.offset ?? query.before) : Math.min(query.before, 1)
      return { ...facts, items: items.reverse(), coveredTo, idAt: null }
    },
  }
}

interface Collected {
  readonly items: WireItem[]
  /** Whether there may be more than was collected. */
  readonly isCut: boolean
}

/** Fetches onwards from an offset until the page is full or there is no more. */
function collect(
  { limit, maxBytes }: ReadQuery,
  start: number,
  fetch: (from: number, limit: number) => ItemRow[],
): Collected {
  const items: WireItem[] = []
  let from = start
  let total = 0
  for (;;) {
    const wanted = Math.min(limit - items.length, FETCH_ROWS)
    if (wanted <= 0) return { items, isCut: true }
    const rows = fetch(from, wanted)
    for (const { bytes, ...item } of rows) {
      total += bytes
      if (items.length > 0 && total > maxBytes) return { items, isCut: true }
      items.push(item)
      from = item.offset
    }
    if (rows.length < wanted) return { items, isCut: false }
  }
}
