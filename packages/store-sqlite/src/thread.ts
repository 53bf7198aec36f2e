import { Worker } from 'node:worker_threads'
import { closedError, DatabaseError, errorOf } from './errors.ts'
import { type CallTable, CLOSE, type InputOf, type OutputOf, type Reply, type Role } from './messages.ts'
import type { SqliteStoreSettings } from './options.ts'
import { workerFile } from './worker-file.ts'

/** One of the two workers: started when it is first needed, and replaced when it dies. */
export interface Thread<Table extends CallTable> {
  /**
   * Rejects with a DatabaseError, or `NEWER_SCHEMA`. Calls of one turn go over together, an append at once with those
   * before it. While a call waits for its answer it keeps the process alive, unless `isBackground`.
   */
  call<Name extends keyof Table>(
    name: Name,
    input: InputOf<Table, Name>,
    isBackground?: boolean,
  ): Promise<OutputOf<Table, Name>>
  /** Answers what was asked before, closes the database and ends the worker. */
  close(): Promise<void>
}

interface Waiting {
  readonly resolve: (output: unknown) => void
  readonly reject: (error: Error) => void
  readonly isBackground: boolean
}

/** A worker that runs, and the calls that it has to answer. */
interface Shift {
  readonly worker: Worker
  readonly calls: Map<number, Waiting>
  /** Until it has said so, it has done nothing yet. */
  isReady: boolean
  /** Calls that keep the process alive. */
  busy: number
}

export function createThread<Table extends CallTable>(
  role: Role,
  settings: SqliteStoreSettings,
): Thread<Table> {
  let shift: Shift | null = null
  let isClosed = false
  let lastId = 0
  let queue: { readonly id: number; readonly name: keyof Table; readonly input: unknown }[] = []

  function start(): Shift {
    const started: Shift = { worker: startWorker(role, settings), calls: new Map(), isReady: false, busy: 0 }
    let why = 'it ended'
    started.worker.on('message', (replies: readonly Reply[]) => {
      started.isReady = true
      for (const reply of replies) settle(started, reply)
    })
    started.worker.on('error', (error: Error) => {
      why = error.message
    })
    started.worker.on('exit', () => {
      if (shift === started) shift = null
      const fault = { code: 'WORKER_LOST', message: `the ${role} was lost: ${why}` }
      for (const id of [...started.calls.keys()]) settle(started, { id, fault, isUncertain: started.isReady })
    })
    // Only now: to listen to its messages would hold it again.
    started.worker.unref()
    return started
  }

  function send(): void {
    if (queue.length === 0) return
    const requests = queue
    queue = []
    shift?.worker.postMessage(requests)
  }

  return {
    call: (name, input, isBackground = false) =>
      new Promise((resolve, reject) => {
        if (isClosed) throw closedError()
        shift ??= start()
        lastId += 1
        // The worker answers a call with the output that the table names for it: nothing else could tell which.
        hold(shift, lastId, { resolve: resolve as Waiting['resolve'], reject, isBackground })
        if (queue.length === 0) queueMicrotask(send)
        queue.push({ id: lastId, name, input })
        // Appends come gathered already, and the turn may be a long one.
        if (name === 'append') send()
      }),
    async close() {
      isClosed = true
      if (shift === null) return
      const { worker } = shift
      send()
      worker.ref()
      const ended = new Promise((resolve) => worker.once('exit', resolve))
      worker.postMessage(CLOSE)
      await ended
    },
  }
}

/** @throws DatabaseError when the system gives no thread */
function startWorker(role: Role, settings: SqliteStoreSettings): Worker {
  try {
    return new Worker(workerFile(), {
      workerData: { role, settings },
      name: `carillon-sqlite-${role}`,
      // What the host was started with, loaders and inspectors, is not for this thread.
      execArgv: [],
    })
  } catch (cause) {
    const message = `the ${role} cannot be started: ${cause instanceof Error ? cause.message : cause}`
    throw new DatabaseError({ code: 'WORKER_LOST', message }, false)
  }
}

function hold(shift: Shift, id: number, waiting: Waiting): void {
  shift.calls.set(id, waiting)
  if (waiting.isBackground) return
  shift.busy += 1
  if (shift.busy === 1) shift.worker.ref()
}

function settle(shift: Shift, reply: Reply): void {
  const waiting = shift.calls.get(reply.id)
  if (waiting === undefined) return
  shift.calls.delete(reply.id)
  if (!waiting.isBackground) {
    shift.busy -= 1
    if (shift.busy === 0) shift.worker.unref()
  }
  if ('fault' in reply) waiting.reject(errorOf(reply.fault, reply.isUncertain))
  else waiting.resolve(reply.output)
}
