import type {
  ReaderRequest,
  Reply,
  WireEntry,
  WireOutcome,
  WireRunOutcome,
  WriterRequest,
} from '../messages.ts'
import type { SqliteStoreSettings } from '../options.ts'
import { outcomesOf, splitRun } from '../runs.ts'
import { openConnection } from './connection.ts'
import { factsOf } from './facts.ts'
import { isWriteFailure, toFault } from './faults.ts'
import { createSweeper } from './sweep.ts'
import { createTables } from './tables.ts'
import { type Session, transact } from './transaction.ts'

/** What either of the two workers is asked. */
export type AnyRequest = WriterRequest | ReaderRequest

/** The one connection of this store that writes. */
export interface Writer {
  /**
   * Calls that came together are committed together, and each has its own answer, which goes out through `post`.
   * Never throws.
   */
  run(requests: readonly WriterRequest[]): void
  close(): void
}

const LATE = Object.assign(new Error('the database is locked, or too slow'), { code: 'SQLITE_BUSY' })

export function createWriter(
  settings: SqliteStoreSettings,
  post: (replies: readonly Reply[]) => void,
  now: () => number = Date.now,
): Writer {
  let session: Session | null = null

  function open(): Session {
    if (session !== null && !session.connection.isCurrent()) close()
    session ??= openSession(settings)
    return session
  }

  function close(): void {
    session?.connection.close()
    session = null
  }

  /** In one transaction, or, if that fails, in one for each of them until `deadline`. */
  function commit(requests: readonly WriterRequest[], deadline: number): Reply[] {
    if (performance.now() > deadline) return failAll(requests, LATE, false)
    try {
      const done = transact(open(), requests, settings, now)
      if (!('error' in done)) return done
      const { error, isUncertain, isWorthSplitting } = done
      // What was read of a file that could not be written is not to be relied on.
      if (isWriteFailure(error)) close()
      const isSplit = isWorthSplitting && (requests.length > 1 || entriesIn(requests[0]) > 1)
      return isSplit
        ? requests.flatMap((request) => oneByOne(request, requests.length > 1, deadline))
        : failAll(requests, error, isUncertain)
    } catch (error) {
      return failAll(requests, error, false)
    }
  }

  /** A call, or the entries of one call, each alone: what one of them cannot do must not keep the others from it. */
  function oneByOne(request: WriterRequest, isWhole: boolean, deadline: number): Reply[] {
    if (isWhole || request.name !== 'append') return commit([request], deadline)
    const output = request.input.map((run): WireRunOutcome => {
      const outcomes = splitRun(run).flatMap(({ entries, run: one }) =>
        commit([{ ...request, input: [one] }], deadline).flatMap((reply) => outcomesIn(reply, entries)),
      )
      return { outcomes }
    })
    return [{ id: request.id, output }]
  }

  function answer({ id, name }: WriterRequest): Reply[] {
    try {
      const { connection } = open()
      return [{ id, output: name === 'facts' ? factsOf(connection, settings.file) : null }]
    } catch (error) {
      return failAll([{ id }], error, false)
    }
  }

  return {
    run(requests) {
      const changes = requests.filter((request) => !isQuestion(request))
      // The first question opens the file, which takes its time without waiting for anybody.
      const answers = requests.filter(isQuestion).flatMap(answer)
      // Each part could wait for somebody else's lock: together they wait for little longer than one would.
      const deadline = performance.now() + 2 * settings.busyTimeoutMs
      const replies = changes.length === 0 ? answers : [...answers, ...commit(changes, deadline)]
      if (replies.length > 0) post(replies)
    },
    close,
  }
}

function openSession(settings: SqliteStoreSettings): Session {
  const connection = openConnection(settings)
  // From here on the writer does the waiting for others itself: see `patiently`.
  connection.exec('PRAGMA busy_timeout = 0')
  return { connection, tables: createTables(connection), sweeper: createSweeper(settings) }
}

/** Needs no transaction. */
function isQuestion({ name }: WriterRequest): boolean {
  return name === 'open' || name === 'facts'
}

/** How many entries a request brings. */
export function entriesIn(request: AnyRequest | undefined): number {
  return request?.name === 'append' ? request.input.reduce((sum, { count }) => sum + count, 0) : 0
}

/** What became of the one entry of an append. */
function outcomesIn(reply: Reply, entries: readonly WireEntry[]): readonly WireOutcome[] {
  if ('fault' in reply) {
    return [{ outcome: reply.isUncertain ? 'unknown' : 'refused', fault: reply.fault }]
  }
  const [outcome]: readonly WireRunOutcome[] = Array.isArray(reply.output) ? reply.output : []
  return outcome === undefined ? [] : outcomesOf(entries, outcome)
}

function failAll(
  requests: readonly { readonly id: number }[],
  error: unknown,
  isUncertain: boolean,
): Reply[] {
  const fault = toFault(error)
  return requests.map(({ id }) => ({ id, fault, isUncertain }))
}
