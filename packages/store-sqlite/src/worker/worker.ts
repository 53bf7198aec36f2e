import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { CLOSE, type Reply, type Role } from '../messages.ts'
import type { SqliteStoreSettings } from '../options.ts'
import { createReader } from './reader.ts'
import { type AnyRequest, createWriter, entriesIn } from './writer.ts'

/*
 * What a worker thread runs. SQLite is synchronous: here it holds up nobody but the calls that wait for it, which
 * gather in the port meanwhile and are done together next.
 */

/** Calls that are done together at most: the first of them waits for the last. */
const GROUP_CALLS = 1_000
const GROUP_ENTRIES = 2_000

const { role, settings }: { role: Role; settings: SqliteStoreSettings } = workerData
if (parentPort === null) throw new Error('This file is run as a worker thread')
const port = parentPort
const post = (replies: readonly Reply[]): void => port.postMessage(replies)
if (role === 'writer') serve(createWriter(settings, post))
else serve(createReader(settings, post))
// Says that the code could be loaded: from now on, what gets lost may have been done.
post([])

interface Desk<Request extends AnyRequest> {
  run(requests: readonly Request[]): void
  close(): void
}

function serve<Request extends AnyRequest>(desk: Desk<Request>): void {
  port.on('message', (first: readonly Request[] | typeof CLOSE) => {
    const { requests, isLast } = gather(first)
    desk.run(requests)
    if (!isLast) return
    desk.close()
    port.close()
  })
}

/** The message that came and those that came meanwhile, in the order in which they were sent. */
function gather<Request extends AnyRequest>(
  first: readonly Request[] | typeof CLOSE,
): { requests: readonly Request[]; isLast: boolean } {
  const requests: Request[] = []
  let entries = 0
  let message: typeof first | undefined = first
  while (message !== undefined) {
    if (message === CLOSE) return { requests, isLast: true }
    requests.push(...message)
    for (const request of message) entries += entriesIn(request)
    if (requests.length >= GROUP_CALLS || entries >= GROUP_ENTRIES) break
    const next: { message: typeof first } | undefined = receiveMessageOnPort(port)
    message = next?.message
  }
  return { requests, isLast: false }
}
