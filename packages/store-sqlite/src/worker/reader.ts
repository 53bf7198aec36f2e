import type { ReaderRequest, Reply } from '../messages.ts'
import type { SqliteStoreSettings } from '../options.ts'
import { type Connection, openConnection } from './connection.ts'
import { type CursorTable, createCursorReader } from './cursor-table.ts'
import { answersOf, findCursor } from './cursors.ts'
import { isWriteFailure, toFault } from './faults.ts'
import { createFollower, type Watched } from './follower.ts'
import { createNewsDesk } from './news.ts'
import { createPages, type Pages } from './pages.ts'
import { createStreamFinder, type StreamFinder } from './streams.ts'

/** The connection of this store that reads, beside the one that writes and never held up by it. */
export interface Reader {
  /** Answers through `post`, in the order asked, except what waits for news. Never throws. */
  run(requests: readonly ReaderRequest[]): void
  close(): void
}

interface Session extends Watched {
  readonly connection: Connection
  readonly finder: StreamFinder
  readonly pages: Pages
  readonly cursors: Pick<CursorTable, 'get'>
}

export function createReader(
  settings: SqliteStoreSettings,
  post: (replies: readonly Reply[]) => void,
  now: () => number = Date.now,
): Reader {
  let session: Session | null = null
  const follower = createFollower(open, settings.pollMs, post)

  function open(): Session {
    if (session !== null && !session.connection.isCurrent()) close()
    session ??= openSession(settings)
    return session
  }

  function close(): void {
    session?.connection.close()
    session = null
  }

  function answer(request: ReadRequest): Reply {
    const { id } = request
    try {
      return { id, output: lookUp(open(), request, now()) }
    } catch (error) {
      if (isWriteFailure(error)) close()
      return { id, fault: toFault(error), isUncertain: false }
    }
  }

  return {
    run(requests) {
      const replies: Reply[] = []
      for (const request of requests) {
        if (request.name === 'follow') follower.follow(request.id, request.input)
        else if (request.name === 'unfollow') {
          follower.end()
          replies.push({ id: request.id, output: null })
        } else replies.push(answer(request))
      }
      if (replies.length > 0) post(replies)
    },
    close() {
      follower.end()
      close()
    },
  }
}

function openSession(settings: SqliteStoreSettings): Session {
  const connection = openConnection(settings)
  connection.exec('PRAGMA query_only = ON')
  const finder = createStreamFinder(connection)
  const news = createNewsDesk(connection, settings.author)
  const version = connection.query<{ data_version: number }>('PRAGMA data_version')
  return {
    connection,
    finder,
    pages: createPages(connection, finder),
    cursors: createCursorReader(connection),
    dataVersion: () => version.get()?.data_version ?? 0,
    since: (place) => inTransaction(connection, () => news.since(place)),
  }
}

type ReadRequest = Exclude<ReaderRequest, { readonly name: 'follow' | 'unfollow' }>

function lookUp({ connection, finder, pages, cursors }: Session, request: ReadRequest, now: number): unknown {
  return inTransaction(connection, () => {
    switch (request.name) {
      case 'read':
        return pages.read(request.input.stream, request.input.query, now)
      case 'heads':
        return request.input.map((stream) => finder.headOf(stream))
      case 'cursors':
        return answersOf(
          request.input.map((cursor) => findCursor(cursors, finder.find(cursor.stream), cursor)),
          now,
        )
      default:
        return request satisfies never
    }
  })
}

/** One consistent look: without a transaction, two statements could see two states. */
function inTransaction<T>(connection: Connection, look: () => T): T {
  connection.exec('BEGIN')
  try {
    return look()
  } finally {
    if (connection.isInTransaction) connection.exec('ROLLBACK')
  }
}
