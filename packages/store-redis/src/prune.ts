import { forgetOld, type OldCursor } from './cursors.ts'
import type { Parts } from './parts.ts'
import { listOf, numberOf, textOf } from './replies.ts'
import { PRUNE } from './scripts/life.ts'
import { RESCHEDULE, TAKE_DUE } from './scripts/registry.ts'
import { callScript, type Reply, unwrap } from './wire.ts'

/** Streams that are visited at once. */
const STREAMS_PER_STEP = 32
/** Items that one visit drops at most, and cursors that it looks at: Redis does nothing else meanwhile. */
const ROWS_PER_VISIT = 500
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
  const { names, settings, streamArgs, wire } = parts
  const args = [settings.maxItemsPerStream, settings.maxAgeMs, ROWS_PER_VISIT].map(endlessAsEmpty)
  const replies = await wire.run(
    PRUNE,
    visits.map(({ streamId }) => ({ keys: names.keysOf(streamId), args: [...streamArgs(), ...args] })),
  )
  let dropped = 0
  const old: (readonly [streamId: string, cursors: readonly OldCursor[]])[] = []
  const plans = visits.flatMap(({ streamId, score }, at) => {
    const [count, due, more, cursors] = listOf(valueOrNothing(replies[at]))
    dropped += count === undefined ? 0 : numberOf(count)
    old.push([streamId, cursors === undefined ? [] : oldOf(cursors)])
    return [streamId, score, due === undefined ? RETRY : textOf(due), more === undefined ? '' : textOf(more)]
  })
  await callScript(wire, RESCHEDULE, { keys: [names.registry], args: plans })
  for (const [streamId, cursors] of old) if (cursors.length > 0) await forgetOld(parts, streamId, cursors)
  return dropped
}

function oldOf(reply: unknown): OldCursor[] {
  const flat = listOf(reply).map(textOf)
  const cursors: OldCursor[] = []
  for (let at = 0; at + 1 < flat.length; at += 2)
    cursors.push({ field: flat[at] ?? '', value: flat[at + 1] ?? '' })
  return cursors
}

/** A bound as the scripts take it: '' stands for none. */
export function endlessAsEmpty(bound: number): string {
  return Number.isFinite(bound) ? String(bound) : ''
}

/** For a stream that cannot be pruned, so that it does not keep others from it. Redis adds its own time. */
const RETRY = 'later'

/** What Redis itself says of one stream is no reason to leave the others; that it says nothing is. */
function valueOrNothing(reply: Reply | undefined): unknown {
  if (reply?.ok === false && reply.cause instanceof Error && reply.cause.name === 'ReplyError') return []
  return unwrap(reply)
}
