import type { NotificationReceived } from '@carillon/client'
import { ServerEvent } from '@carillon/protocol'
import { joinStock, stock, typed } from './connections.ts'
import { createStorage } from './storage.ts'

/** A typed client brings its own position; of a stock client the server knows it. */
export type ReaderKind = 'typed' | 'stock'

export interface Progress {
  /** Notifications that the application was handed. */
  readonly items: number
  /** How many of them did not follow the one before. */
  readonly faults: number
}

/** Somebody who subscribes, goes away, and comes back to a lot. Counts what it is handed and keeps none of it. */
export interface ReplayReader {
  subscribe(kind: ReaderKind, channel: string): Promise<void>
  comeBack(kind: ReaderKind, channel: string): Promise<void>
  progress(): Progress
  leave(): void
}

type Item = Pick<NotificationReceived, 'channel' | 'offset'>

/** @param kept where every item is kept: a leak on purpose */
export function createReplayReader(url: string, kept: unknown[] | null): ReplayReader {
  const storage = createStorage()
  let items = 0
  let faults = 0
  let last: number | null = null
  let close = (): void => undefined

  function take(item: Item, channel: string): void {
    if (item.channel !== channel) return
    items += 1
    if (last !== null && item.offset !== last + 1) faults += 1
    last = item.offset
    kept?.push(item)
  }

  async function come(kind: ReaderKind, channel: string): Promise<void> {
    if (kind === 'typed') {
      const client = typed(url, 'typed-reader', { storage })
      close = () => client.close()
      client.on('notification', (item) => take(item, channel))
      await client.joinChannel(channel)
    } else {
      const socket = stock(url, 'stock-reader')
      close = () => void socket.disconnect()
      socket.on(ServerEvent.NotificationReceived, (item: Item) => take(item, channel))
      await joinStock(socket, channel)
    }
  }

  return {
    async subscribe(kind, channel) {
      await come(kind, channel)
      close()
    },
    async comeBack(kind, channel) {
      items = 0
      faults = 0
      last = null
      await come(kind, channel)
    },
    progress: () => ({ items, faults }),
    leave: () => close(),
  }
}
