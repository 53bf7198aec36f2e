import {
  type Content,
  type CursorMove,
  type CursorQuestion,
  type Item,
  type NewEntry,
  NotificationsStoreError,
  type Page,
  type ReadQuery,
  type StreamKey,
  type Subscriber,
} from '@carillon/store'
import type { WireCursor, WireEntry, WireItem, WireMove, WirePage, WireQuestion } from './messages.ts'

/*
 * Everything that is bound to a statement passes here. The driver ends the whole process when it is given a
 * boolean, cuts text at NUL when it reads it back, and makes one of all names with a lone surrogate: what it cannot
 * hold must not reach it. In the content JSON takes care of all three.
 */

const LONE_SURROGATE = /\p{Surrogate}/u
/** Most text has nothing of the kind, and this look is the quick one. */
const SUSPICIOUS = /[\0\ud800-\udfff]/

/** @throws NotificationsStoreError `BAD_ENTRY` */
export function encodeEntry(entry: NewEntry): WireEntry {
  const { type, title, message, data, sender, kind, control } = entry.content
  return {
    stream: encodeStream(entry.stream),
    id: text('id', entry.id),
    content: json({ type, title, message, data, sender, kind, control }),
    bytes: Math.max(0, Math.floor(number('bytes', entry.bytes))),
    ttlMs: entry.ttlMs === null ? null : Math.ceil(number('ttlMs', entry.ttlMs)),
    sender: text('sender', entry.sender),
    key: text('key', entry.key),
    hash: text('hash', entry.hash),
  }
}

export function encodeStream({ scope, kind, name }: StreamKey): StreamKey {
  text('kind', kind)
  return { scope: text('scope', scope), kind, name: text('name', name) }
}

/** Text and numbers only: an object of somebody else's may hold what cannot be sent to a worker. */
export function encodeQuery(query: ReadQuery): ReadQuery {
  const limit = bound(query.limit)
  const maxBytes = bound(query.maxBytes)
  return 'after' in query
    ? { limit, maxBytes, after: Math.floor(number('after', query.after)) }
    : { limit, maxBytes, before: Math.floor(number('before', query.before)) }
}

export function encodeQuestion({ subscriber, stream, start }: CursorQuestion): WireQuestion {
  return { ...encodeCursor(subscriber, stream), start: encodePlace(start) }
}

export function encodeMove({ subscriber, stream, to }: CursorMove): WireMove {
  return { ...encodeCursor(subscriber, stream), to: encodePlace(to) }
}

export function encodeScope(scope: string): string {
  return text('scope', scope)
}

export function encodeUser(user: string): string {
  return text('user', user)
}

function encodeCursor({ user, device }: Subscriber, stream: StreamKey): WireCursor {
  return {
    user: text('user', user),
    device: device === null ? '' : `:${text('device', device)}`,
    stream: encodeStream(stream),
  }
}

function encodePlace(place: { readonly epoch: string; readonly offset: number } | null): typeof place {
  if (place === null) return null
  return { epoch: text('epoch', place.epoch), offset: Math.floor(number('offset', place.offset)) }
}

export function decodeItem({ content, ...facts }: WireItem): Item {
  const parsed: Content = JSON.parse(content)
  return { ...facts, content: parsed }
}

export function decodePage({ offset, items, ...facts }: WirePage): Page {
  return { ...facts, head: offset, items: items.map(decodeItem) }
}

function text(name: string, value: unknown): string {
  if (typeof value !== 'string') throw badEntry(`"${name}" must be text, got ${typeof value}`)
  if (SUSPICIOUS.test(value) && (value.includes('\0') || LONE_SURROGATE.test(value)))
    throw badEntry(`"${name}" must be well-formed text without NUL`)
  return value
}

function number(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw badEntry(`"${name}" must be a finite number, got ${typeof value === 'number' ? value : typeof value}`)
}

/** As much as can be asked for. */
function bound(value: number): number {
  return value > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Math.floor(number('limit', value))
}

function json(content: object): string {
  try {
    return JSON.stringify(content)
  } catch (cause) {
    throw badEntry('the content cannot be written as JSON', cause)
  }
}

function badEntry(what: string, cause?: unknown): NotificationsStoreError {
  return new NotificationsStoreError('BAD_ENTRY', `sqliteStore: ${what}`, { cause })
}
