import type { Head, StreamKey } from '@carillon/store'
import type { Connection } from './connection.ts'

/** What is known of one stream. */
export interface StreamRow {
  readonly id: number
  readonly scope: string
  readonly kind: StreamKey['kind']
  readonly name: string
  /** The items of this life of the stream are kept under this number. */
  log: number
  epoch: string
  head: number
  base: number
  /** When it was last used, roughly. */
  touched: number
  /** Number of its last clearing. */
  cleared: number | null
}

/** Looks streams up. A stream that nothing is known of has no row, but it has an epoch. */
export interface StreamFinder {
  find(stream: StreamKey): StreamRow | undefined
  /** The epoch that a stream without a row shows, and that its first item will have. */
  firstEpoch(stream: StreamKey): string
  headOf(stream: StreamKey): Head
}

/**
 * When the first epoch of a stream must never come back, a new one is chosen for its bucket: the others in it are
 * taken for new ones too, so there are many buckets, and few enough to be kept for ever.
 */
const BUCKETS = 4096

export function createStreamFinder(connection: Connection): StreamFinder {
  const byName = connection.query<StreamRow>(`
    SELECT id, scope, kind, name, log, epoch, head, base, touched, cleared
    FROM streams WHERE scope = ? AND kind = ? AND name = ?`)
  const first = connection.query<{ epoch: string }>(`
    SELECT coalesce((SELECT epoch FROM first_epochs WHERE bucket = ?), (SELECT epoch FROM meta)) AS epoch`)

  const find = ({ scope, kind, name }: StreamKey): StreamRow | undefined => byName.get(scope, kind, name)
  const firstEpoch = (stream: StreamKey): string => first.get(bucketOf(stream))?.epoch ?? ''
  return {
    find,
    firstEpoch,
    headOf(stream) {
      const row = find(stream)
      return row === undefined
        ? { epoch: firstEpoch(stream), offset: 0 }
        : { epoch: row.epoch, offset: row.head }
    },
  }
}

/** One string for the three that name a stream. None of them contains NUL: see encode.ts. */
export function tagOf({ scope, kind, name }: StreamKey): string {
  return `${scope}\0${kind}\0${name}`
}

/** FNV-1a over the name. */
export function bucketOf(stream: StreamKey): number {
  const tag = tagOf(stream)
  let hash = 0x811c9dc5
  for (let at = 0; at < tag.length; at++) hash = Math.imul(hash ^ tag.charCodeAt(at), 0x01000193)
  return (hash >>> 0) % BUCKETS
}
