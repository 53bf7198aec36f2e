import type { Content, Head, Item, Page, ReadQuery, StreamKey } from '@carillon/store'
import { streamTag } from '@carillon/store'
import type { Database } from './database.ts'
import type { Row } from './driver.ts'
import { checkStream, distinctStreams } from './entries.ts'
import { textOf } from './sessions.ts'

/** Reading streams. Looking at one that is not there makes it, because from then on it has an epoch. */
export interface Streams {
  read(stream: StreamKey, query: ReadQuery): Promise<Page>
  heads(streams: readonly StreamKey[]): Promise<readonly Head[]>
}

/** Somebody may forget a stream between the making and the looking; not so often. */
const ATTEMPTS = 5

export function createStreams(database: Database): Streams {
  const { schema } = database
  const openText = `select ${schema}.open_1($1)`
  const headsText = `select q.n, s.epoch, s.head
    from json_to_recordset($1) as q(n integer, scope text, kind text, name text)
    join ${schema}.streams s on s.scope = q.scope and s.kind = q.kind and s.name = q.name`
  const afterText = pageText(schema, '>', 'asc')
  const beforeText = pageText(schema, '<', 'desc')

  async function open(streams: readonly StreamKey[]): Promise<void> {
    const wanted = distinctStreams(streams).map(([, { scope, kind, name }]) => {
      return { scope, kind, name, epoch: crypto.randomUUID() }
    })
    await database.use((connection) => connection.query(openText, [JSON.stringify(wanted)]))
  }

  async function findHeads(streams: readonly StreamKey[]): Promise<Map<string, Head>> {
    const asked = distinctStreams(streams)
    const questions = asked.map(([, { scope, kind, name }], n) => ({ n, scope, kind, name }))
    const rows = await database.use((connection) => connection.query(headsText, [JSON.stringify(questions)]))
    const heads = rows.map((row): [string, Head] => {
      const head = { epoch: textOf(row, 'epoch') ?? '', offset: numberOf(row, 'head') }
      return [asked[numberOf(row, 'n')]?.[0] ?? '', head]
    })
    return new Map(heads)
  }

  return {
    async read(stream, query) {
      checkStream(stream)
      const isAfter = 'after' in query
      const from = bounded(isAfter ? query.after : query.before)
      const { scope, kind, name } = stream
      const values = [scope, kind, name, from, bounded(query.limit), bounded(query.maxBytes)]
      const text = isAfter ? afterText : beforeText
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const rows = await database.use((connection) => connection.query(text, values))
        const [first] = rows
        if (first !== undefined) return pageOf(first, rows, query, from)
        await open([stream])
      }
      throw new Error('The stream is forgotten again and again')
    },

    async heads(streams) {
      if (streams.length === 0) return []
      for (const stream of streams) checkStream(stream)
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const found = await findHeads(streams)
        const heads = streams.map((stream) => found.get(streamTag(stream)))
        const there = heads.filter((head) => head !== undefined)
        if (there.length === streams.length) return there
        await open(streams.filter((_, at) => heads[at] === undefined))
      }
      throw new Error('The streams are forgotten again and again')
    },
  }
}

/**
 * One statement is one look: counter and items fit together, and nothing at or below the base is there. The inner
 * select stops at the limit; one row more than asked for tells that the page was cut.
 */
function pageText(schema: string, side: '>' | '<', direction: 'asc' | 'desc'): string {
  const windowed = `over (order by i.place ${direction})`
  return `with s as materialized (
    select s.life, s.epoch, s.head, s.base,
      (select i.id from ${schema}.items i where i.life = s.life and i.place = $4::bigint) as id_at
    from ${schema}.streams s where s.scope = $1 and s.kind = $2 and s.name = $3
  ), page as (
    select i.*, sum(i.bytes) ${windowed} as total, row_number() ${windowed} as n, count(*) over () as found
    from s cross join lateral (
      select i.place, i.id, i.written_at, i.expires_at, i.bytes, i.content from ${schema}.items i
      where i.life = s.life and i.place ${side} $4::bigint
        and (i.expires_at is null or i.expires_at > (select ${schema}.now_ms()))
      order by i.place ${direction} limit $5::bigint + 1
    ) i
  )
  select s.epoch, s.head, s.base, s.id_at, p.place, p.id, p.written_at, p.expires_at, p.content, p.found
  from s left join page p on p.n <= $5::bigint and (p.n = 1 or p.total <= $6::bigint)
  order by p.place`
}

function pageOf(first: Row, rows: readonly Row[], query: ReadQuery, from: number): Page {
  const items = textOf(first, 'place') === null ? [] : rows.map(itemOf)
  const head = numberOf(first, 'head')
  const isCut = query.limit < 1 || numberOf(first, 'found') > items.length
  const page = { epoch: textOf(first, 'epoch') ?? '', head, base: numberOf(first, 'base'), items }
  if ('after' in query) {
    const end = isCut ? (items.at(-1)?.offset ?? page.base) : head
    return { ...page, coveredTo: Math.max(from, end), idAt: textOf(first, 'id_at') }
  }
  const start = isCut ? (items[0]?.offset ?? head + 1) : 1
  return { ...page, coveredTo: Math.min(from, start), idAt: null }
}

function itemOf(row: Row): Item {
  const content: Content = JSON.parse(textOf(row, 'content') ?? 'null')
  return {
    id: textOf(row, 'id') ?? '',
    offset: numberOf(row, 'place'),
    timestamp: numberOf(row, 'written_at'),
    expiresAt: textOf(row, 'expires_at') === null ? null : numberOf(row, 'expires_at'),
    content,
  }
}

function numberOf(row: Row, column: string): number {
  return Number(textOf(row, column) ?? 0)
}

/** Endless and broken numbers are not for a database. */
function bounded(value: number): number {
  return Math.min(Math.max(Math.floor(value) || 0, 0), Number.MAX_SAFE_INTEGER - 1)
}
