import { randomUUID } from 'node:crypto'
import { type NotificationStore, NotificationsStoreError } from '@carillon/store'
import { appendAll } from './append.ts'
import { createBulletin } from './bulletin.ts'
import { type Connection, openConnection } from './connection.ts'
import { askCursors, moveCursors } from './cursors.ts'
import { readDurability } from './durability.ts'
import { clearStream, forgetOn, forgetUser } from './life.ts'
import { createNames } from './names.ts'
import { type RedisStoreOptions, type RedisStoreSettings, resolveOptions } from './options.ts'
import type { Parts } from './parts.ts'
import { endlessAsEmpty, pruneStreams } from './prune.ts'
import { readHeads, readPage } from './read.ts'
import { subscribe } from './subscriber.ts'
import { createWire } from './wire.ts'

/**
 * Keeps notifications and cursors in Redis, or in a Redis Cluster: for several nodes that share them
 * and hear of each other's sends. What a confirmation survives is up to the settings of the server; `durability()`
 * reads them.
 *
 * The connection is made in the background. While Redis is away, appends are `refused` and everything else rejects
 * after `timeoutMs`, later at once, until Redis is back. After `close()`, which waits for what is under way,
 * `append` refuses and everything else rejects with the code `CLOSED`.
 *
 * @throws NotificationsStoreError `BAD_OPTION`, naming the option, what it may be and what came
 */
export function redisStore(options: RedisStoreOptions): NotificationStore {
  const settings = resolveOptions(options)
  const connection = openConnection(settings.target, settings.timeoutMs)
  const parts = createParts(settings, connection)
  const underWay = new Set<Promise<unknown>>()
  let closing: Promise<void> | null = null

  /** Runs a call unless the store is closed, and lets `close` wait for it. */
  async function whileOpen<T>(call: () => Promise<T>): Promise<T> {
    if (closing !== null) throw closedError()
    const work = call()
    underWay.add(work)
    try {
      return await work
    } finally {
      underWay.delete(work)
    }
  }

  async function close(): Promise<void> {
    parts.bulletin.close()
    await Promise.allSettled(underWay)
    connection.close()
  }

  return {
    shared: true,
    // A command that is sent again after a reconnection comes behind those that were sent meanwhile.
    inOrder: false,

    durability: () =>
      whileOpen(async () => {
        await connection.ready()
        return readDurability(connection.client, parts.wire.within)
      }),

    async append(entries) {
      if (closing !== null) return entries.map(() => ({ outcome: 'refused', cause: closedError() }))
      return whileOpen(() => appendAll(parts, entries))
    },

    read: (stream, query) => whileOpen(() => readPage(parts, stream, query)),
    heads: (streams) => whileOpen(() => readHeads(parts, streams)),
    cursors: (questions) => whileOpen(() => askCursors(parts, questions)),
    moveCursors: (moves) => whileOpen(() => moveCursors(parts, moves)),
    prune: () => whileOpen(() => pruneStreams(parts, () => closing !== null)),
    clear: (stream) => whileOpen(() => clearStream(parts, stream)),
    forget: (scope, user, stream) =>
      whileOpen(() =>
        stream === undefined ? forgetUser(parts, scope, user) : forgetOn(parts, scope, user, stream),
      ),
    listen: (listener) => parts.bulletin.listen(listener),

    close() {
      closing ??= close()
      return closing
    },
  }
}

function createParts(settings: RedisStoreSettings, connection: Connection): Parts {
  const { client } = connection
  const { keyPrefix = '' } = client.options
  // Keys live in a database, channels do not.
  const database = 'db' in client.options && client.options.db ? `@${client.options.db}` : ''
  const names = createNames(settings.prefix, database)
  const channel = `${keyPrefix}${names.channel}`
  return {
    wire: createWire(connection, settings.timeoutMs),
    names: { ...names, channel },
    settings,
    bulletin: createBulletin((events) => subscribe(client, channel, events)),
    streamArgs: () => [randomUUID(), endlessAsEmpty(settings.maxAwayMs)],
  }
}

function closedError(): NotificationsStoreError {
  return new NotificationsStoreError('CLOSED', 'This Redis store was closed')
}
