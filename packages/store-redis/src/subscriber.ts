import type { Redis } from 'ioredis'
import { type Client, retryDelay } from './connection.ts'

export interface SubscriberEvents {
  onMessage(text: string): void
  /** From now on messages are heard; some may have been missed before. */
  onSubscribed(): void
  /** From now on nothing is heard, until the next `onSubscribed`. */
  onBroken(): void
}

/** A connection that has died without a word looks like a quiet one: it is asked now and then. */
const CHECK_MS = 5_000

/**
 * Listens to a channel over a connection of its own, which is made again, with another node of a cluster perhaps,
 * whenever it is lost. Returns what ends it. Never throws.
 */
export function subscribe(
  client: Client,
  channel: string,
  events: SubscriberEvents,
  checkMs: number = CHECK_MS,
): () => void {
  let isOver = false
  let attempts = 0
  let connection: Redis | undefined
  let retry: NodeJS.Timeout | undefined

  function openLater(): void {
    if (isOver) return
    attempts += 1
    retry = setTimeout(open, retryDelay(attempts))
  }

  function open(): void {
    const made = duplicate(client, checkMs)
    let isSubscribed = false
    connection = made
    if (made === undefined) {
      openLater()
      return
    }
    made.on('message', (_, text) => events.onMessage(text))
    // What it means is in the end of the connection, which follows.
    made.on('error', () => undefined)
    const ping = setInterval(() => void made.ping().catch(() => undefined), checkMs).unref()
    made.once('end', () => {
      clearInterval(ping)
      if (isSubscribed && !isOver) events.onBroken()
      openLater()
    })
    made
      .connect()
      .then(() => made.subscribe(channel))
      .then(
        () => {
          if (isOver) return
          attempts = 0
          isSubscribed = true
          events.onSubscribed()
        },
        () => made.disconnect(),
      )
  }

  open()
  return () => {
    isOver = true
    clearTimeout(retry)
    connection?.disconnect()
  }
}

function duplicate(client: Client, silenceMs: number): Redis | undefined {
  const model = client.isCluster && 'nodes' in client ? anyOf(client.nodes()) : client
  if (model === undefined || 'nodes' in model) return undefined
  return model.duplicate({
    lazyConnect: true,
    retryStrategy: null,
    enableOfflineQueue: true,
    connectionName: 'carillon-news',
    socketTimeout: silenceMs,
    // The name of the channel holds the prefix of the client already.
    keyPrefix: '',
  })
}

function anyOf<T>(list: readonly T[]): T | undefined {
  return list[Math.floor(Math.random() * list.length)]
}
