import { NotificationsStoreError } from '../errors.ts'
import type { NotificationStore, Page, ReadQuery, StreamKey } from '../port.ts'
import { appendEntry } from './append.ts'
import { answerCursor, forgetCursors, forgetUser, moveCursor } from './cursors.ts'
import { createLog, entryAt, readAfter, readBefore } from './log.ts'
import { type MemoryStoreOptions, resolveOptions } from './options.ts'
import {
  createState,
  findStream,
  headOf,
  openStream,
  pruneStreams,
  restartStream,
  type State,
  touch,
  trimAged,
} from './streams.ts'

const DURABILITY = {
  level: 'none',
  sentence: 'Notifications and cursors are kept in the memory of this process and are gone when it ends.',
  warnings: [],
} as const

/**
 * Makes the store that needs nothing: notifications and cursors live in this process, within the bounds that
 * the options set, and start under new epochs with every process. For one node; a second one sees nothing of it.
 *
 * The cost of a step does not grow with what is kept, except for `prune` and `forget`, which walk the streams, and
 * for `clear` and `forget` on one stream, which walk its cursors. After `close`, `append` refuses and everything else
 * rejects with the code `CLOSED`.
 *
 * @throws NotificationsStoreError with the code `BAD_OPTION`, naming the option, what it may be and what came
 */
export function createMemoryStore(options?: MemoryStoreOptions): NotificationStore {
  const settings = resolveOptions(options)
  let state: State | null = createState(settings)

  function opened(): State {
    if (state === null) throw closedError()
    return state
  }

  return {
    shared: false,
    inOrder: true,

    async durability() {
      return DURABILITY
    },

    async append(entries) {
      const current = state
      if (current === null) return entries.map(() => ({ outcome: 'refused', cause: closedError() }))
      const now = settings.now()
      return entries.map((entry) => appendEntry(current, entry, now))
    },

    async read(stream, query) {
      return readPage(opened(), stream, query)
    },

    async heads(streams) {
      const current = opened()
      return streams.map((stream) => headOf(current, findStream(current, stream)))
    },

    async cursors(questions) {
      const current = opened()
      return questions.map((question) => answerCursor(current, question))
    },

    async moveCursors(moves) {
      const current = opened()
      for (const move of moves) moveCursor(current, move)
    },

    async prune() {
      return pruneStreams(opened())
    },

    async clear(stream) {
      const current = opened()
      const record = openStream(current, stream)
      restartStream(current, record)
      return headOf(current, record)
    },

    async forget(scope, user, stream) {
      const current = opened()
      if (stream === undefined) forgetUser(current, scope, user)
      else if (stream.scope === scope) forgetCursors(current, user, stream)
    },

    async close() {
      state = null
    },
  }
}

function readPage(state: State, stream: StreamKey, query: ReadQuery): Page {
  const now = state.settings.now()
  const record = findStream(state, stream)
  if (record !== undefined) {
    trimAged(state, record, now)
    touch(state, record)
  }
  const log = record?.log ?? createLog()
  const { epoch, offset: head } = headOf(state, record)
  const facts = { epoch, head, base: log.base }
  if ('before' in query) return { ...facts, idAt: null, ...readBefore(log, query.before, query, now) }
  const idAt = entryAt(log, query.after)?.item.id ?? null
  return { ...facts, idAt, ...readAfter(log, query.after, query, now) }
}

function closedError(): NotificationsStoreError {
  return new NotificationsStoreError('CLOSED', 'This memory store was closed')
}
