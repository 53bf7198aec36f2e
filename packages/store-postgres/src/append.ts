import type { AppendOutcome, NewEntry, StreamKey } from '@carillon/store'
import { streamTag } from '@carillon/store'
import { type Fact, type Failure, readBatch, writeBatch } from './batch.ts'
import type { Calls } from './calls.ts'
import type { Database } from './database.ts'
import { distinctStreams, type Row } from './entries.ts'
import { isAboutData, isRolledBack } from './errors.ts'
import { textOf } from './sessions.ts'

export type Append = (entries: readonly NewEntry[]) => Promise<readonly AppendOutcome[]>

type Result = Fact | Failure

/** What the database answers to an append: see `append_1` in schema/append-1.ts. */
interface Receipt {
  readonly now: number
  readonly streams: readonly (readonly [epoch: string, first: number])[]
  readonly known: readonly (readonly [
    row: number,
    offset: number,
    id: string,
    timestamp: number,
    expiresAt: number | null,
    hash: string,
  ])[]
}

/** A stream over its bound is trimmed a tenth at a time, so that not every append deletes, too. */
const SLACK = 0.1
const MAX_SLACK = 1_000

export function createAppend(database: Database, calls: Calls, keep: number): Append {
  const slack = Math.min(Math.floor(keep * SLACK), MAX_SLACK)
  const text = `select ${database.schema}.append_1($1, $2, $3, $4, $5, $6, $7, $8) as receipt`

  async function write(rows: readonly Row[]): Promise<readonly Result[]> {
    const call = calls.begin()
    let isSent = false
    try {
      const { parameters, streamOf } = parametersOf(rows)
      const values = [...parameters, keep, slack, database.channel, call]
      const [answer] = await database.use((connection) => {
        isSent = true
        return connection.query(text, values)
      })
      const receipt: Receipt = JSON.parse(textOf(answer, 'receipt') ?? '')
      return factsOf(rows, streamOf, receipt)
    } catch (cause) {
      if (isAboutData(cause) && rows.length > 1) return writeHalves(rows)
      const outcome = isSent && !isRolledBack(cause) ? 'unknown' : 'refused'
      return rows.map(() => ({ outcome, cause }))
    } finally {
      calls.end(call)
    }
  }

  /** Some row is not to the liking of the database: the others must not suffer for it. */
  async function writeHalves(rows: readonly Row[]): Promise<readonly Result[]> {
    const middle = rows.length >> 1
    const first = await write(rows.slice(0, middle))
    return [...first, ...(await write(rows.slice(middle)))]
  }

  return async (entries) => {
    const batch = readBatch(entries)
    return writeBatch(batch, write)
  }
}

function parametersOf(rows: readonly Row[]): { parameters: string[]; streamOf: readonly number[] } {
  const tags = rows.map(({ stream }) => streamTag(stream))
  const streams = distinctStreams(rows.map(({ stream }) => stream))
  const numbers = new Map(streams.map(([tag], index) => [tag, index + 1]))
  const streamOf = tags.map((tag) => numbers.get(tag) ?? 0)
  const counts = new Array<number>(streams.length).fill(0)
  for (const number of streamOf) counts[number - 1] = (counts[number - 1] ?? 0) + 1
  const wanted = streams.map(([, stream], index) => wantedOf(stream, counts[index] ?? 0))
  const entries = rows.map(({ id, content, bytes, ttlMs, hash }, index) => {
    return { n: index + 1, s: streamOf[index], id, content, bytes, ttl: ttlMs, hash }
  })
  const keys = rows.map(({ key }) => key)
  return {
    parameters: [JSON.stringify(wanted), `{${streamOf}}`, `{${keys}}`, JSON.stringify(entries)],
    streamOf,
  }
}

function wantedOf({ scope, kind, name }: StreamKey, count: number): object {
  return { scope, kind, name, epoch: crypto.randomUUID(), count }
}

/** Offsets are counted here as the database counted them: known rows take none. */
function factsOf(rows: readonly Row[], streamOf: readonly number[], receipt: Receipt): Fact[] {
  const known = new Map(receipt.known.map((facts) => [facts[0], facts]))
  const next = receipt.streams.map(([, first]) => first)
  return rows.map(({ id, hash, ttlMs }, index) => {
    const stream = (streamOf[index] ?? 0) - 1
    const epoch = receipt.streams[stream]?.[0] ?? ''
    const before = known.get(index + 1)
    if (before !== undefined) {
      const [, offset, id, timestamp, expiresAt, hash] = before
      return { outcome: 'found', epoch, offset, id, timestamp, expiresAt, hash, isNew: false }
    }
    const offset = next[stream] ?? 0
    next[stream] = offset + 1
    const timestamp = receipt.now
    const expiresAt = ttlMs === null ? null : timestamp + ttlMs
    return { outcome: 'found', epoch, offset, id, timestamp, expiresAt, hash, isNew: true }
  })
}
