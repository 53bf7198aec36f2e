import type { NotificationStore } from '@carillon/store'
import { createAppend } from './append.ts'
import { createCalls } from './calls.ts'
import { createCursors } from './cursors.ts'
import { createDatabase } from './database.ts'
import { askDurability } from './durability.ts'
import { createLife } from './life.ts'
import { createNewspaper } from './news.ts'
import { type PostgresStoreOptions, resolveOptions } from './options.ts'
import { createPruner } from './prune.ts'
import { createSessions } from './sessions.ts'
import { createStreams } from './streams.ts'

/**
 * Keeps notifications and cursors in PostgreSQL. Any number of processes may use the same database at once; each
 * hears of what the others append.
 *
 * Returns at once and opens in the background: the schema is made or brought up to date, every call waits for
 * that, and an opening that failed is tried again by the next call. No failure of the database reaches the
 * process other than through the promise of a call. After `close`, `append` refuses and everything else rejects
 * with the code `CLOSED`.
 *
 * ```ts
 * const store = postgresStore({ connectionString: process.env.DATABASE_URL })
 * ```
 *
 * @throws NotificationsStoreError with the code `BAD_OPTION`, naming the option, what it may be and what came
 */
export function postgresStore(options: PostgresStoreOptions): NotificationStore {
  const settings = resolveOptions(options)
  const sessions = createSessions(settings.pool, settings.end)
  const database = createDatabase(sessions, settings.schema)
  const calls = createCalls()
  const newspaper = createNewspaper(sessions.take, database.channel, calls)
  const pruner = createPruner(database, settings)
  const append = createAppend(database, calls, settings.maxItemsPerStream)
  const { read, heads } = createStreams(database)
  const { cursors, moveCursors } = createCursors(database)
  const { clear, forget } = createLife(database, pruner)
  const { track } = sessions
  return {
    shared: true,
    // Two calls may take two connections of the pool.
    inOrder: false,
    durability: () => track(() => askDurability(database, settings.schema)),
    append: (entries) =>
      track(
        () => append(entries),
        (cause) => entries.map(() => ({ outcome: 'refused', cause })),
      ),
    read: (stream, query) => track(() => read(stream, query)),
    heads: (streams) => track(() => heads(streams)),
    cursors: (questions) => track(() => cursors(questions)),
    moveCursors: (moves) => track(() => moveCursors(moves)),
    prune: () => track(() => pruner.prune()),
    clear: (stream) => track(() => clear(stream)),
    forget: (scope, user, stream) => track(() => forget(scope, user, stream)),
    listen: newspaper.listen,
    close() {
      newspaper.close()
      return sessions.close()
    },
  }
}
