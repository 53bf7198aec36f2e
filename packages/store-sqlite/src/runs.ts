import type { StreamKey, Written } from '@carillon/store'
import type { WireEntry, WireOutcome, WireRun, WireRunOutcome } from './messages.ts'

/*
 * Entries of one stream that follow each other travel as one text, which the database itself takes apart: one
 * string to hand over and one statement, where each entry of its own would cost several times as much as its row.
 */

/** What stands where in the array of an entry. The statement in worker/items.ts names the places, too. */
type Row = [
  id: string,
  content: string,
  bytes: number,
  ttlMs: number | null,
  sender: string,
  key: string,
  hash: string,
]

/** A run and the entries that it was made of. */
export interface Packed {
  readonly run: WireRun
  readonly entries: readonly WireEntry[]
}

export function packRuns(entries: readonly WireEntry[]): Packed[] {
  const groups: WireEntry[][] = []
  for (const entry of entries) {
    const last = groups.at(-1)
    if (last !== undefined && isSame(last[0]?.stream, entry.stream)) last.push(entry)
    else groups.push([entry])
  }
  return groups.flatMap((group) => packOf(group))
}

/** The same as runs of one entry each, for what cannot be done together. */
export function splitRun(run: WireRun): Packed[] {
  return unpackRun(run).flatMap((entry) => packOf([entry]))
}

export function unpackRun({ stream, rows }: WireRun): WireEntry[] {
  const parsed: Row[] = JSON.parse(rows)
  return parsed.map(([id, content, bytes, ttlMs, sender, key, hash]) => ({
    ...{ stream, id, content, bytes, ttlMs, sender, key, hash },
  }))
}

export function outcomesOf(
  entries: readonly Pick<WireEntry, 'id' | 'ttlMs'>[],
  outcome: WireRunOutcome,
): readonly WireOutcome[] {
  if ('outcomes' in outcome) return outcome.outcomes
  const { epoch, offset, timestamp } = outcome
  return entries.map(({ id, ttlMs }, at): Written => {
    const expiresAt = expiryOf(timestamp, ttlMs)
    return { outcome: 'written', epoch, offset: offset + at, id, timestamp, expiresAt, duplicate: false }
  })
}

/** As the statement counts it. */
export function expiryOf(timestamp: number, ttlMs: number | null): number | null {
  return ttlMs === null ? null : Math.min(timestamp + ttlMs, Number.MAX_SAFE_INTEGER)
}

function packOf(entries: readonly WireEntry[]): Packed[] {
  const [first] = entries
  if (first === undefined) return []
  const rows = entries.map(
    ({ id, content, bytes, ttlMs, sender, key, hash }): Row => [id, content, bytes, ttlMs, sender, key, hash],
  )
  return [{ entries, run: { stream: first.stream, count: entries.length, rows: JSON.stringify(rows) } }]
}

function isSame(a: StreamKey | undefined, b: StreamKey): boolean {
  return a !== undefined && a.name === b.name && a.kind === b.kind && a.scope === b.scope
}
