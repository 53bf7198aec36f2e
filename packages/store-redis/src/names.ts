import { createHash } from 'node:crypto'
import { type StreamKey, type Subscriber, streamTag } from '@carillon/store'

/** The keys of one stream, in the order in which the scripts take them. All of them are in one slot. */
export type StreamKeys = readonly [
  meta: string,
  items: string,
  keys: string,
  cursors: string,
  expiries: string,
]

/** How everything of a store is called in Redis. */
export interface Names {
  /** The sorted set of streams by when they need to be pruned next. */
  readonly registry: string
  /** The channel that tells of what was appended. */
  readonly channel: string
  keysOf(id: string): StreamKeys
  /** The set of cursors that a user has in a scope. */
  cursorsOfUser(scope: string, user: string): string
}

/**
 * @param database a channel is heard in every database of a server, keys are not
 */
export function createNames(prefix: string, database: string): Names {
  return {
    registry: `${prefix}:due`,
    channel: `${prefix}:news${database}`,
    keysOf(id) {
      const stem = `${prefix}:{${id}}`
      return [`${stem}:m`, `${stem}:s`, `${stem}:k`, `${stem}:c`, `${stem}:x`]
    },
    cursorsOfUser: (scope, user) => `${prefix}:u:${encode(JSON.stringify([scope, user]))}`,
  }
}

/** A name for a stream without braces, spaces or colons, whatever its channel is called. */
export function streamIdOf(stream: StreamKey): string {
  return encode(streamTag(stream))
}

/** The scope of a stream, out of its name: see `streamTag` of `@carillon/store`. */
export function scopeOf(streamId: string): string {
  const tag = decode(streamId)
  const start = tag.indexOf(':') + 1
  return tag.slice(start, start + Number(tag.slice(1, start - 1)))
}

/** Unambiguous, and JSON keeps half a surrogate pair apart from any other. */
export function subscriberField({ user, device }: Subscriber): string {
  return JSON.stringify([user, device])
}

/** The user of such a field; what is none of ours belongs to nobody. */
export function userOf(field: string): string {
  try {
    const [user]: readonly unknown[] = JSON.parse(field)
    return String(user)
  } catch {
    return ''
  }
}

/** The idempotency key as one sender used it, in a length that does not depend on it. */
export function keyDigest(sender: string, key: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([sender, key]))
    .digest('base64url')
  return digest.slice(0, DIGEST_LENGTH)
}

/** 132 bits. */
const DIGEST_LENGTH = 22

/** Text with half a surrogate pair would meet other such text in UTF-8: it is written in UTF-16 behind a mark. */
function encode(text: string): string {
  const utf8 = Buffer.from(text, 'utf8')
  return utf8.toString('utf8') === text
    ? utf8.toString('base64url')
    : `~${Buffer.from(text, 'utf16le').toString('base64url')}`
}

function decode(name: string): string {
  return name.startsWith('~')
    ? Buffer.from(name.slice(1), 'base64url').toString('utf16le')
    : Buffer.from(name, 'base64url').toString('utf8')
}
