import { channelOf, type HistoryPage, type Problem, type Request, USER_STREAM } from '@carillon/protocol'
import type { Page, StreamKey } from '@carillon/store'
import { replayedPayloads } from '../rules/payloads.ts'
import { isShown } from '../rules/seam.ts'
import { broadcastKey, channelKey, userKey } from '../rules/streams.ts'
import { type Core, type HistoryRead, reportFault } from './core.ts'
import type { Reply } from './reply.ts'
import { authorize, isRefusal } from './rights.ts'
import type { Session } from './session.ts'
import { inTurn } from './turns.ts'

type Query = Request<'get-history'>['query']

/** PROTOCOL.md, "get-history": one page of a stream, for whoever may read it. No cursor moves. */
export async function tellHistory(
  core: Core,
  session: Session,
  { query }: Request<'get-history'>,
  reply: Reply<'get-history'>,
): Promise<void> {
  const stream = streamOf(core, session, query)
  if (stream === undefined) {
    reply.refuse(NOT_ALLOWED)
    return
  }
  // From before the host is asked: what it says of them meanwhile counts. [G8]
  const reading = { session, channel: channelOf(query.stream), isRevoked: false }
  core.historyReads.add(reading)
  try {
    const denied = await whatForbids(core, session, query)
    if (isRefusal(denied)) reply.refuse(denied)
    else await inTurn(core, session, () => tellPage(core, stream, query, reading, reply))
  } finally {
    core.historyReads.delete(reading)
  }
}

async function tellPage(
  core: Core,
  stream: StreamKey,
  query: Query,
  reading: HistoryRead,
  reply: Reply<'get-history'>,
): Promise<void> {
  try {
    const page = pageOf(stream, query, await read(core, stream, query))
    // Nothing of a channel comes after the word that they are out of it. [G8]
    if (reading.isRevoked) reply.refuse(NOT_ALLOWED)
    else reply.ok(page)
  } catch (cause) {
    reportFault(core, 'STORE_FAILED', 'A page of history could not be read', cause)
    reply.refuse([{ code: 'store-unavailable', outcome: 'refused' }])
  }
}

const NOT_ALLOWED = [{ code: 'not-allowed', action: 'history' }] as const satisfies readonly Problem[]

async function whatForbids(core: Core, session: Session, { stream }: Query): Promise<readonly Problem[]> {
  // What is addressed to a user is the user's own.
  if (stream === USER_STREAM) return []
  const channel = channelOf(stream)
  return authorize(core, session, { action: 'history', channel, to: null })
}

/** A guest has no stream of its own. */
function streamOf(core: Core, { identity }: Session, { stream }: Query): StreamKey | undefined {
  const channel = channelOf(stream)
  if (channel !== null) return channelKey(core.scope, channel)
  if (stream !== USER_STREAM) return broadcastKey(core.scope)
  return identity.userId === null ? undefined : userKey(core.scope, identity.userId)
}

type Place = Pick<Query, 'after' | 'before' | 'limit'>

/** A page that shows nothing has no offset to go on from: then the next one is read as well. */
async function read(core: Core, stream: StreamKey, query: Place): Promise<Page> {
  for (let place = query; ; ) {
    const page = await readPage(core, stream, place)
    if (page.items.some(isShown) || !hasMoreThan(page, place)) return page
    const { coveredTo } = page
    place = { ...place, ...(place.after === null ? { before: coveredTo } : { after: coveredTo }) }
  }
}

function hasMoreThan({ coveredTo, base, head }: Page, { after }: Place): boolean {
  return after === null ? coveredTo > base + 1 : coveredTo < head
}

function readPage(core: Core, stream: StreamKey, { after, before, limit }: Place): Promise<Page> {
  const bounds = { limit: Math.min(limit, core.settings.historyItems), maxBytes: core.settings.page.maxBytes }
  if (after !== null) return core.store.read(stream, { after, ...bounds })
  return core.store.read(stream, { before: before ?? Number.MAX_SAFE_INTEGER, ...bounds })
}

function pageOf(stream: StreamKey, query: Query, page: Page): HistoryPage {
  const { epoch, head, base } = page
  const items = replayedPayloads(stream, epoch, page.items.filter(isShown))
  return { stream: query.stream, epoch, head, base, items, hasMore: hasMoreThan(page, query) }
}
