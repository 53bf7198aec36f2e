import { type Cluster, Redis } from 'ioredis'

export type Client = Redis | Cluster

/** The way to Redis: a client of our own, or one that was handed in and stays its owner's. */
export interface Connection {
  readonly client: Client
  /** Resolves when commands can be sent, rejects when that takes too long. */
  ready(): Promise<void>
  /** Grows whenever the connection is lost: commands under way may then have been sent twice. */
  losses(): number
  /** Ends what was opened here, and takes our listeners off. */
  close(): void
}

const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 1_000
/** Attempts to connect again, after which commands that wait for an answer are given up. */
const RETRIES_PER_COMMAND = 3
const KEEP_ALIVE_MS = 10_000

export function openConnection(target: string | Client, timeoutMs: number): Connection {
  const client = typeof target === 'string' ? createClient(target, timeoutMs) : target
  let lost = 0
  let lastError: unknown
  let waiting: Promise<void> | null = null
  // Once a wait was in vain, the next call is not kept waiting until Redis is back.
  let isAway = false

  const onError = (error: unknown): void => {
    lastError = error
  }
  const onLoss = (): void => {
    lost += 1
  }
  const onReady = (): void => {
    isAway = false
    lastError = undefined
  }
  // A cluster tells of single nodes, too; its own close is the end of the last one.
  const listeners = [
    ['error', onError],
    ['node error', onLoss],
    ['-node', onLoss],
    ['close', onLoss],
    ['ready', onReady],
  ] as const
  for (const [event, listener] of listeners) client.on(event, listener)

  function wait(): Promise<void> {
    if (client.status === 'wait') client.connect().catch(onError)
    return waitUntilReady(client, timeoutMs).then((isReady) => {
      if (isReady) return
      isAway = true
      throw unreachable(lastError)
    })
  }

  return {
    client,
    async ready() {
      if (client.status === 'ready') return
      if (isAway || client.status === 'end') throw unreachable(lastError)
      waiting ??= wait().finally(() => {
        waiting = null
      })
      await waiting
    },
    losses: () => lost,
    close() {
      const isOurs = typeof target === 'string'
      // What our own client reports on its way out must still be heard.
      for (const [event, listener] of listeners) if (!isOurs || event !== 'error') client.off(event, listener)
      if (isOurs) client.disconnect()
    },
  }
}

export function unreachable(cause: unknown): Error {
  return new Error('Redis cannot be reached', { cause })
}

/** Growing, so that a server that comes back is not met by a crowd, but never so long that nobody would wait. */
export function retryDelay(attempt: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10), LAST_RETRY_MS)
}

function createClient(url: string, timeoutMs: number): Redis {
  return new Redis(url, {
    connectionName: 'carillon',
    // We wait ourselves, and know then what was never sent.
    enableOfflineQueue: false,
    maxRetriesPerRequest: RETRIES_PER_COMMAND,
    retryStrategy: retryDelay,
    connectTimeout: timeoutMs,
    // A server that has stopped answering without a word.
    socketTimeout: timeoutMs,
    keepAlive: KEEP_ALIVE_MS,
    // A name that leads to the new primary after a failover is looked up again.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  })
}

function waitUntilReady(client: Client, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (isReady: boolean): void => {
      clearTimeout(timer)
      client.off('ready', onReady)
      client.off('end', onEnd)
      resolve(isReady)
    }
    const onReady = (): void => settle(true)
    const onEnd = (): void => settle(false)
    const timer = setTimeout(() => settle(false), limitMs)
    client.on('ready', onReady)
    client.on('end', onEnd)
  })
}
