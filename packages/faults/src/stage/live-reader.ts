import { ServerEvent as Said, type ServerEvent, type ServerPayload } from '@carillon/protocol'
import type { Place, Reader, Seen } from '../history.ts'

/** An application that reads one channel, writes down what it is handed, and can be asked how far it is. */
export interface LiveReader {
  readonly record: Reader
  /** The furthest that it was handed; `null` for nothing. */
  readonly reached: () => Place | null
  /** How often its connection broke. */
  readonly losses: () => number
  readonly isConnected: () => boolean
  close(): void
}

/** What a client that knows nothing of Carillon hears. */
export type Heard =
  | { [E in ServerEvent]: { readonly event: E; readonly data: ServerPayload<E> } }[ServerEvent]
  | { readonly event: 'connect' | 'disconnect'; readonly data: null }

/** The book that a reader keeps. */
export interface Book {
  readonly seen: Seen[]
  readonly reached: () => Place | null
  readonly losses: () => number
  write(entry: Seen): void
  /** Writes down what a stock client hears. */
  hear(heard: Heard): void
}

export function createBook(stream: string): Book {
  const seen: Seen[] = []
  let reached: Place | null = null
  let losses = 0

  function write(entry: Seen): void {
    seen.push(entry)
    if (entry.kind === 'lost') losses += 1
    if (entry.kind !== 'item') return
    if (reached === null || reached.epoch !== entry.epoch || reached.offset < entry.offset) reached = entry
  }

  return {
    seen,
    reached: () => reached,
    losses: () => losses,
    write,
    hear({ event, data }) {
      if (event === 'disconnect') write({ kind: 'lost' })
      if (event === Said.ChannelJoined && `c:${data.channel}` === stream) {
        const { epoch, offset, pendingCount, hasMore, recovered, reason } = data
        if (recovered === false) write({ kind: 'reset', reason: reason ?? 'unknown' })
        write({ kind: 'joined', epoch, offset, pendingCount, hasMore })
      }
      if (event === Said.NotificationReceived && data.stream === stream) {
        const { id, epoch, offset, replayed } = data
        write({ kind: 'item', id, epoch, offset, key: String(data.data?.key), isReplayed: replayed === true })
      }
      if (event === Said.NotificationsBatch && data.stream === stream) {
        const { epoch, items, replayed } = data
        for (const { id, offset, data: content } of items) {
          write({ kind: 'item', id, epoch, offset, key: String(content?.key), isReplayed: replayed === true })
        }
      }
      if (event === Said.ErrorMessage && data.code === 'history-lost') {
        write({ kind: 'reset', reason: data.errors.join(' ') })
      }
    },
  }
}
