import { createHash } from 'node:crypto'
import {
  type NewEntry,
  NotificationsStoreError,
  type StreamKey,
  type Subscriber,
  streamTag,
} from '@carillon/store'

/** An entry as it goes to the database. */
export interface Row {
  readonly stream: StreamKey
  /** Digest of the sender and the key. */
  readonly key: string
  readonly id: string
  readonly hash: string
  readonly content: string
  readonly bytes: number
  readonly ttlMs: number | null
}

/** Less than what an index of PostgreSQL can hold, whatever the text: 2704 bytes for all columns together. */
const MAX_NAME_BYTES = 1_000
const MAX_BYTES = 2 ** 31 - 1
const LONE_SURROGATE = /\p{Surrogate}/u

/** @throws NotificationsStoreError `BAD_ENTRY` for what PostgreSQL cannot hold */
export function rowOf(entry: NewEntry): Row {
  const { stream, id, hash, ttlMs } = entry
  checkStream(stream)
  checkText('id', id)
  checkText('hash', hash)
  if (ttlMs !== null && !Number.isSafeInteger(ttlMs))
    throw badEntry(`ttlMs must be an integer or null, got ${ttlMs}`)
  const bytes = Math.min(Math.max(Math.round(entry.bytes) || 0, 0), MAX_BYTES)
  return { stream, key: keyOf(entry), id, hash, content: contentOf(entry), bytes, ttlMs }
}

/** NUL and halves of pairs are escapes in JSON, so content is never more than text. */
function contentOf({ content }: NewEntry): string {
  const { type, title, message, data, sender, kind, control } = content
  try {
    return JSON.stringify({ type, title, message, data, sender, kind, control })
  } catch (cause) {
    throw badEntry('the content cannot be written as JSON', cause)
  }
}

/** Length first, so that ('a', 'bc') and ('ab', 'c') are two; a digest, because an index holds no long keys. */
function keyOf({ sender, key }: NewEntry): string {
  const text = `${sender.length}:${sender}${key}`
  // UTF-16 tells apart what UTF-8 would make one: halves of pairs.
  return createHash('sha256').update(text, 'utf16le').digest('hex').slice(0, 32)
}

export function checkStream({ scope, name }: StreamKey): void {
  checkName('scope', scope)
  checkName('name', name)
}

export function checkSubscriber({ user, device }: Subscriber): void {
  checkName('user', user)
  if (device !== null) checkName('device', device)
}

function checkName(what: string, text: string): void {
  checkText(what, text)
  if (text.length > MAX_NAME_BYTES || Buffer.byteLength(text) > MAX_NAME_BYTES)
    throw badEntry(`${what} is longer than ${MAX_NAME_BYTES} bytes`)
}

/** A lone half of a pair would become U+FFFD, and two names one. */
function checkText(what: string, text: string): void {
  if (text.includes('\u0000')) throw badEntry(`${what} contains NUL, which PostgreSQL cannot hold`)
  if (LONE_SURROGATE.test(text)) throw badEntry(`${what} is not well-formed Unicode`)
}

function badEntry(what: string, cause?: unknown): NotificationsStoreError {
  return new NotificationsStoreError('BAD_ENTRY', `PostgreSQL store: ${what}`, { cause })
}

/** Each stream once, in the order in which everybody locks them. */
export function distinctStreams(streams: readonly StreamKey[]): [tag: string, stream: StreamKey][] {
  const byTag = new Map(streams.map((stream) => [streamTag(stream), stream]))
  return [...byTag].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** No device and a device with an empty name are two. */
export function deviceText(device: string | null): string {
  return device === null ? '' : `:${device}`
}
