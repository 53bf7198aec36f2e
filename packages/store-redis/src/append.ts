import type { AppendOutcome, NewEntry } from '@carillon/store'
import { type Batch, type PreparedEntry, planRounds, prepareEntry } from './entries.ts'
import type { Parts } from './parts.ts'
import { remind } from './registry.ts'
import { idOf, listOf, numberOf, numberOrNull, textOf } from './replies.ts'
import { APPEND } from './scripts/append.ts'
import type { Reply, ScriptCall } from './wire.ts'

/** A stream is visited by prune at least so often, whatever it holds. */
const LONGEST_LIFE_MS = 24 * 3600 * 1000
/** Where one message would be larger, it only says that there is something to read. */
const LONGEST_MESSAGE = 256 * 1024
/** A place in the registry lasts for seconds: whoever comes too late more than once will not be in time at all. */
const MOST_TRIES = 3

type Outcomes = (AppendOutcome | undefined)[]

export async function appendAll(parts: Parts, entries: readonly NewEntry[]): Promise<AppendOutcome[]> {
  const outcomes: Outcomes = entries.map(() => undefined)
  const writable = entries.flatMap((entry, at) => {
    try {
      return [{ stream: entry.stream, prepared: prepareEntry(entry, at) }]
    } catch (cause) {
      outcomes[at] = { outcome: 'refused', cause }
      return []
    }
  })
  for (const round of planRounds(writable)) await appendRound(parts, round, outcomes)
  return outcomes.map((outcome) => outcome ?? unknown(new Error('Redis gave no answer for this entry')))
}

async function appendRound(parts: Parts, round: readonly Batch[], outcomes: Outcomes): Promise<void> {
  let waiting = round.map((batch) => ({ batch, registered: '0', message: parts.bulletin.next() }))
  for (let tries = 0; waiting.length > 0; tries++) {
    const calls = waiting.map(({ batch, registered, message }) =>
      callOf(parts, batch, registered, message.header),
    )
    const replies = await parts.wire.run(APPEND, calls).catch(allVoid(calls.length))
    const again: typeof waiting = []
    const lowered: string[] = []
    for (const [at, one] of waiting.entries()) {
      const result = settle(one.batch, replies[at], outcomes)
      if (result.isUnsure) one.message.unsure()
      if (result.due === null) continue
      if (result.isDone) lowered.push(one.batch.streamId, result.due)
      else again.push({ ...one, registered: result.due })
    }
    // Nobody waits for it: a stream that is in the registry already is only visited later than it could be.
    if (lowered.length > 0) remind(parts, lowered).catch(() => undefined)
    if (again.length === 0) return
    waiting = await register(parts, again, outcomes, tries)
  }
}

interface Waiting {
  readonly batch: Batch
  readonly registered: string
  readonly message: ReturnType<Parts['bulletin']['next']>
}

/** Puts streams into the registry before they hold anything. Answers those that are in it. */
async function register(
  parts: Parts,
  streams: Waiting[],
  outcomes: Outcomes,
  tries: number,
): Promise<Waiting[]> {
  try {
    if (tries >= MOST_TRIES) throw new Error('Redis would not take the stream into its registry')
    await remind(
      parts,
      streams.flatMap(({ batch, registered }) => [batch.streamId, registered]),
    )
    return streams
  } catch (cause) {
    for (const { batch } of streams)
      for (const { at } of batch.entries) outcomes[at] = { outcome: 'refused', cause }
    return []
  }
}

function callOf(parts: Parts, batch: Batch, registered: string, header: string): ScriptCall {
  const { names, settings, streamArgs } = parts
  const lives = batch.entries.map(({ ttlMs }) => ttlMs ?? LONGEST_LIFE_MS)
  const args = [
    ...streamArgs(),
    String(settings.maxItemsPerStream),
    String(Math.min(LONGEST_LIFE_MS, settings.maxAgeMs, ...lives)),
    registered,
    names.channel,
    header,
    JSON.stringify([batch.stream.scope, batch.stream.kind, batch.stream.name]),
    String(LONGEST_MESSAGE),
  ]
  return {
    keys: names.keysOf(batch.streamId),
    args: args.concat(...batch.entries.map((entry) => entry.args)),
  }
}

interface Settled {
  readonly isDone: boolean
  /** When the stream has to be pruned, if the registry does not know it yet. */
  readonly due: string | null
  readonly isUnsure: boolean
}

function settle({ entries }: Batch, reply: Reply | undefined, outcomes: Outcomes): Settled {
  try {
    if (reply?.ok !== true) throw reply?.cause
    const [head, time, due, facts] = listOf(reply.value)
    if (head === 'register') return { isDone: false, due: textOf(time), isUnsure: false }
    const epoch = textOf(head)
    for (const [index, entry] of entries.entries())
      outcomes[entry.at] = outcomeOf(entry, listOf(facts)[index], epoch, numberOf(time))
    return { isDone: true, due: due === '' ? null : textOf(due), isUnsure: false }
  } catch (cause) {
    const isVoid = reply !== undefined && !reply.ok && reply.isVoid
    for (const { at } of entries) outcomes[at] = isVoid ? { outcome: 'refused', cause } : unknown(cause)
    return { isDone: true, due: null, isUnsure: !isVoid }
  }
}

function outcomeOf(entry: PreparedEntry, fact: unknown, epoch: string, now: number): AppendOutcome {
  if (typeof fact === 'string') return { outcome: 'refused', cause: new Error(`Redis: ${fact}`) }
  const [offset, expiresAt, timestamp, id] = listOf(fact)
  if (offset === undefined) return { outcome: 'conflict' }
  const duplicate = timestamp !== undefined
  return {
    outcome: 'written',
    epoch,
    offset: numberOf(offset),
    id: duplicate ? idOf(id) : entry.id,
    timestamp: duplicate ? numberOf(timestamp) : now,
    expiresAt: numberOrNull(expiresAt),
    duplicate,
  }
}

function unknown(cause: unknown): AppendOutcome {
  return { outcome: 'unknown', cause }
}

function allVoid(count: number): (cause: unknown) => readonly Reply[] {
  return (cause) => Array.from({ length: count }, () => ({ ok: false, cause, isVoid: true }))
}
