import { type Content, type NewEntry, NotificationsStoreError, type StreamKey } from '@carillon/store'
import { keyDigest, streamIdOf } from './names.ts'

/** An entry in the words of the append script. */
export interface PreparedEntry {
  /** Its place in the call. */
  readonly at: number
  readonly id: string
  readonly args: readonly string[]
  readonly ttlMs: number | null
  readonly size: number
}

/** Entries of one stream that are appended by one call of the script. */
export interface Batch {
  readonly stream: StreamKey
  readonly streamId: string
  readonly entries: PreparedEntry[]
  size: number
}

/** Redis does nothing else while a script runs. */
const BATCH_ENTRIES = 200
const BATCH_LENGTH = 4 * 1024 * 1024
/** Well below what Redis takes in one piece: beyond that it hangs up, which would harm the neighbours. */
const LONGEST_ENTRY = 16 * 1024 * 1024

/** @throws NotificationsStoreError `BAD_ENTRY` for what cannot be written */
export function prepareEntry(entry: NewEntry, at: number): PreparedEntry {
  const { id, content, ttlMs, sender, key, hash } = entry
  const json = jsonOf(content)
  if (json.length > LONGEST_ENTRY) throw badEntry('the content is too large')
  if (ttlMs !== null && !(ttlMs >= 0 && ttlMs <= Number.MAX_SAFE_INTEGER))
    throw badEntry(`"ttlMs" must be milliseconds or null, got ${ttlMs}`)
  const ttl = ttlMs === null ? null : Math.ceil(ttlMs)
  const bytes = String(Math.max(0, Math.trunc(entry.bytes) || 0))
  const args = [
    keyDigest(sender, key),
    hash,
    ttl === null ? '' : String(ttl),
    bytes,
    JSON.stringify(id),
    json,
  ]
  return { at, id, args, ttlMs: ttl, size: json.length }
}

/**
 * Entries that can go at the same time, round after round: one batch per stream in each, so that the order within
 * a stream is the order of the call.
 */
export function planRounds(
  entries: readonly { readonly stream: StreamKey; readonly prepared: PreparedEntry }[],
): Batch[][] {
  const rounds: Batch[][] = []
  const latest = new Map<string, { readonly batch: Batch; readonly round: number }>()
  for (const { stream, prepared } of entries) {
    const streamId = streamIdOf(stream)
    const known = latest.get(streamId)
    if (known !== undefined && hasRoom(known.batch, prepared)) {
      known.batch.entries.push(prepared)
      known.batch.size += prepared.size
      continue
    }
    const batch = { stream, streamId, entries: [prepared], size: prepared.size }
    const round = known === undefined ? 0 : known.round + 1
    latest.set(streamId, { batch, round })
    const others = rounds[round]
    if (others === undefined) rounds.push([batch])
    else others.push(batch)
  }
  return rounds
}

function hasRoom({ entries, size }: Batch, { size: added }: PreparedEntry): boolean {
  return entries.length < BATCH_ENTRIES && size + added <= BATCH_LENGTH
}

/** Whatever gets in must come out again: one item that cannot be read would spoil every page that it is on. */
function jsonOf({ type, title, message, data, sender, kind, control }: Content): string {
  for (const text of [type, title, message, sender])
    if (typeof text !== 'string') throw badEntry(`text was expected in the content, got ${typeof text}`)
  try {
    return JSON.stringify({ type, title, message, data: data ?? null, sender, kind, control })
  } catch (cause) {
    throw badEntry('the content cannot be written as JSON', cause)
  }
}

function badEntry(what: string, cause?: unknown): NotificationsStoreError {
  return new NotificationsStoreError('BAD_ENTRY', `append: ${what}`, { cause })
}
