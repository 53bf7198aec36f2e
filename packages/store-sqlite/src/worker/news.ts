import type { StreamKey } from '@carillon/store'
import type { Heard, Place, WireItem, WireNews } from '../messages.ts'
import type { Connection } from './connection.ts'
import { ITEM_COLUMNS } from './pages.ts'

/** Finds out what was committed since a place. Must be asked inside a transaction, so that one look is one state. */
export interface NewsDesk {
  /** Without a place, or with one that is of no use, it tells the one that the database is at. */
  since(place: Place | null): Heard
}

interface ChangedStream extends StreamKey {
  readonly epoch: string
  readonly head: number
  readonly seq: number
}

type ItemNews = Omit<ChangedStream, 'head'> & WireItem

/** What is told at a time. The next page is asked for when this one was heard. */
const PAGE_NEWS = 200
/** Whoever is farther behind asks for the heads instead. */
const FAR = 10_000

export function createNewsDesk(connection: Connection, author: number): NewsDesk {
  const meta = connection.query<{ seq: number; gone: number; epoch: string }>(
    'SELECT seq, gone, epoch FROM meta',
  )
  const items = connection.query<ItemNews>(`
    SELECT seq, scope, kind, name, epoch, ${ITEM_COLUMNS}
    FROM items JOIN streams USING (log) WHERE seq > ? AND author <> ? ORDER BY seq LIMIT ?`)
  const clearings = connection.query<ChangedStream>(`
    SELECT scope, kind, name, epoch, head, cleared AS seq
    FROM streams WHERE cleared > ? AND cleared <= ? ORDER BY cleared LIMIT ?`)

  return {
    since(place) {
      const found = meta.get()
      if (found === undefined) throw new Error('the table meta of the database is empty')
      const { seq, gone, epoch: database } = found
      const now = { database, seq }
      if (place === null) return { place: now, news: [], isGap: true }
      // A number that is lower than it was: a backup was restored.
      if (place.database !== database || seq < place.seq)
        return { place: now, news: [], isGap: true, isOther: true }
      if (seq - place.seq > FAR) return { place: now, news: [], isGap: true }
      if (seq === place.seq) return { place, news: [], isGap: false }
      const told = items.all(place.seq, author, PAGE_NEWS)
      const upTo = told.length < PAGE_NEWS ? seq : (told.at(-1)?.seq ?? seq)
      const cleared = clearings.all(place.seq, upTo, PAGE_NEWS)
      return {
        place: { database, seq: upTo },
        news: [...told.map(newsOfItem), ...cleared.map(newsOfClearing)],
        isGap: gone > place.seq || cleared.length === PAGE_NEWS,
      }
    },
  }
}

function newsOfItem({ scope, kind, name, epoch, seq: _seq, ...item }: ItemNews): WireNews {
  return { stream: { scope, kind, name }, epoch, head: item.offset, item }
}

function newsOfClearing({ scope, kind, name, epoch, head }: ChangedStream): WireNews {
  return { stream: { scope, kind, name }, epoch, head, item: null }
}
