import type { Parts } from './parts.ts'
import { listOf, numberOf, textOf } from './replies.ts'
import { PRUNE } from './scripts/life.ts'
import { RESCHEDULE, TAKE_DUE } from './scripts/registry.ts'
import { callScript, type Reply, unwrap } from './wire.ts'

/** Streams that are visited at once, and items that one visit drops at most: Redis does nothing else meanwhile. */
const STREAMS_PER_STEP = 32
const ITEMS_PER_VISIT = 500
/** Visits of one call. What is left is found by the next. */
const MOST_VISITS = 10_000

interface Visit {
  readonly streamId: string
  readonly score: string
}

/** Visits the streams whose time has come, in steps. Resolves to the number of dropped items. */
export async function pruneStreams(parts: Parts, isClosed: () => boolean): Promise<number> {
  let dropped = 0
  for (let visits = 0; visits < MOST_VISITS && !isClosed(); ) {
    const due = await takeDue(parts)
    if (due.length === 0) break
    dropped += await visit(parts, due)
    visits += due.length
  }
  return dropped
}

async function takeDue({ names, wire }: Parts): Promise<Visit[]> {
  const call = { keys: [names.registry], args: [String(STREAMS_PER_STEP)] }
  const flat = listOf(await callScript(wire, TAKE_DUE, call)).map(textOf)
  const visits: Visit[] = []
  for (let at = 0; at + 1 < flat.length; at += 2)
    visits.push({ streamId: flat[at] ?? '', score: flat[at + 1] ?? '' })
  return visits
}

async function visit(parts: Parts, visits: readonly Visit[]): Promise<number> {
  const { names, newEpoch, settings, wire } = parts
  const age = Number.isFinite(settings.maxAgeMs) ? String(settings.maxAgeMs) : ''
  const args = [String(settings.maxItemsPerStream), age, String(ITEMS_PER_VISIT)]
  const replies = await wire.run(
    PRUNE,
    visits.map(({ streamId }) => ({ keys: names.keysOf(streamId), args: [newEpoch(), ...args] })),
  )
  let dropped = 0
  const plans = visits.flatMap(({ streamId, score }, at) => {
    const [count, due, more] = listOf(valueOrNothing(replies[at]))
    dropped += count === undefined ? 0 : numberOf(count)
    return [streamId, score, due === undefined ? RETRY : textOf(due), more === undefined ? '' : textOf(more)]
  })
  await callScript(wire, RESCHEDULE, { keys: [names.registry], args: plans })
  return dropped
}

/** For a stream that cannot be pruned, so that it does not keep others from it. Redis adds its own time. */
const RETRY = 'later'

/** What Redis itself says of one stream is no reason to leave the others; that it says nothing is. */
function valueOrNothing(reply: Reply | undefined): unknown {
  if (reply?.ok === false && reply.cause instanceof Error && reply.cause.name === 'ReplyError') return []
  return unwrap(reply)
}
