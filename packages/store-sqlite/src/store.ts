import type {
  AppendOutcome,
  CursorQuestion,
  Head,
  NewEntry,
  NotificationStore,
  StreamKey,
} from '@carillon/store'
import { createAppender } from './appender.ts'
import { durabilityOf } from './durability.ts'
import {
  decodePage,
  encodeMove,
  encodeQuery,
  encodeQuestion,
  encodeScope,
  encodeStream,
  encodeUser,
} from './encode.ts'
import { closedError } from './errors.ts'
import { type ReaderCalls, SWEEP_PARTS, type SweepPart, type Swept, type WriterCalls } from './messages.ts'
import { createNewsroom } from './newsroom.ts'
import { resolveOptions, type SqliteStoreOptions } from './options.ts'
import { createThread, type Thread } from './thread.ts'

/**
 * Makes a store that keeps notifications and cursors in one SQLite file, for all processes of one machine. The
 * file is made when it is not there; its folder must be. It is opened in the background: every call waits for
 * that, and the next one tries again if it failed.
 *
 * SQLite runs in two worker threads, one that writes and one that reads, so that the event loop is free while the
 * disk is waited for. Appends that come meanwhile are committed together. The threads do not keep the process alive
 * when nothing is under way. After `close`, `append` refuses and everything else rejects with the code `CLOSED`.
 *
 * @param file path of the database; several processes may share it, several machines may not
 * @throws NotificationsStoreError with the code `BAD_OPTION`, naming the option, what it may be and what came
 */
export function sqliteStore(file: string, options?: SqliteStoreOptions): NotificationStore {
  const settings = resolveOptions(file, options)
  const writer = createThread<WriterCalls>('writer', settings)
  const reader = createThread<ReaderCalls>('reader', settings)
  const appender = createAppender(writer)
  const newsroom = createNewsroom(reader)
  let closing: Promise<void> | null = null
  // Whoever calls is told what is wrong.
  writer.call('open', null, true).catch(() => undefined)

  /** Everything but an append rejects once the store is closed. */
  async function opened<T>(step: () => Promise<T>): Promise<T> {
    if (closing !== null) throw closedError()
    return step()
  }

  const sweepStep: SweepStep = (part) => opened(() => writer.call('sweep', part))

  return {
    shared: true,
    inOrder: true,
    durability: () => opened(async () => durabilityOf(await writer.call('facts', null), settings.file)),
    append: async (entries) => (closing === null ? appender.append(entries) : refuseAll(entries)),
    read: (stream, query) =>
      opened(async () =>
        decodePage(await reader.call('read', { stream: encodeStream(stream), query: encodeQuery(query) })),
      ),
    heads: (streams) => opened(() => reader.call('heads', streams.map(encodeStream))),
    cursors: (questions) => opened(() => askCursors(writer, reader, questions)),
    moveCursors: (moves) =>
      opened(async () => void (await writer.call('moveCursors', moves.map(encodeMove)))),
    prune: () => opened(() => prune(sweepStep)),
    clear: (stream) =>
      opened(async () => {
        const head = await writer.call('clear', encodeStream(stream))
        // It is cleared. What lies about still goes by and by: what is left of it, the next prune takes.
        sweep(sweepStep, 'graves').catch(() => 0)
        return head
      }),
    forget: (scope, user, stream) =>
      opened(async () => {
        const name = encodeScope(scope)
        if (stream !== undefined) return forgetOn(writer, name, encodeUser(user), encodeStream(stream))
        await writer.call('forget', { scope: name, user: encodeUser(user) })
        await sweep(sweepStep, 'graves')
      }),
    listen: (listener) => (closing === null ? newsroom.listen(listener) : () => undefined),
    close() {
      closing ??= (async () => {
        newsroom.close()
        // The last to close the file tidies up after both.
        await reader.close()
        await writer.close()
      })()
      return closing
    },
  }
}

async function forgetOn(
  writer: Thread<WriterCalls>,
  scope: string,
  user: string,
  stream: StreamKey,
): Promise<void> {
  if (stream.scope === scope) await writer.call('forgetCursors', { user, stream })
}

function refuseAll(entries: readonly NewEntry[]): AppendOutcome[] {
  return entries.map(() => ({ outcome: 'refused', cause: closedError() }))
}

/** Only a question that may put a cursor needs the writer, and once a day one that finds one, to note its use. */
async function askCursors(
  writer: Thread<WriterCalls>,
  reader: Thread<ReaderCalls>,
  questions: readonly CursorQuestion[],
): Promise<readonly (Head | null)[]> {
  const asked = questions.map(encodeQuestion)
  const { cursors, toTouch } = await (asked.some(({ start }) => start !== null)
    ? writer.call('cursors', asked)
    : reader.call('cursors', asked))
  // Nobody waits for it: what cannot be noted now, on a full disk for one, the next question brings again.
  const used = toTouch.flatMap((at) => asked[at] ?? [])
  if (used.length > 0) writer.call('touch', used, true).catch(() => undefined)
  return cursors
}

type SweepStep = (part: SweepPart) => Promise<Swept>

async function prune(step: SweepStep): Promise<number> {
  let dropped = 0
  for (const part of SWEEP_PARTS) dropped += await sweep(step, part)
  return dropped
}

/** Step by step, so that appends have their turn in between. */
async function sweep(step: SweepStep, part: SweepPart): Promise<number> {
  let dropped = 0
  for (;;) {
    const swept = await step(part)
    dropped += swept.dropped
    if (!swept.isMore) return dropped
  }
}
