import type { CursorMove, CursorQuestion, Head, StreamKey, Subscriber } from '@carillon/store'
import { groupBy } from './groups.ts'
import { scopeOf, streamIdOf, subscriberField, userOf } from './names.ts'
import type { Parts } from './parts.ts'
import { remind } from './registry.ts'
import { listOf, textOf } from './replies.ts'
import { ASK, FORGET_OLD, MOVE } from './scripts/cursors.ts'
import type { Script } from './scripts/script.ts'
import { type Command, callScript, type Reply, unwrap } from './wire.ts'

/** A question or a move: about whose cursor of which stream, and the place that goes with it. */
interface Step {
  readonly at: number
  readonly stream: StreamKey
  readonly streamId: string
  readonly subscriber: Subscriber
  readonly field: string
  readonly place: Head | null
}

/** A cursor that nobody has used for long, with its value as it was found. */
export interface OldCursor {
  readonly field: string
  readonly value: string
}

/**
 * Forgets cursors of a stream, except those that are used again. Out of the lists first: what is not in a list must
 * not outlive it. Whoever came back meanwhile is put in again.
 */
export async function forgetOld(
  parts: Parts,
  streamId: string,
  cursors: readonly OldCursor[],
): Promise<void> {
  const { names, streamArgs, wire } = parts
  const scope = scopeOf(streamId)
  const lists = (command: 'SADD' | 'SREM', some: readonly OldCursor[]): Promise<readonly Reply[]> => {
    const groups = groupBy(some, ({ field }) => names.cursorsOfUser(scope, userOf(field)))
    return wire.send(
      [...groups].map(([key, group]) => [command, key, ...group.map(({ field }) => listed(streamId, field))]),
    )
  }
  for (const reply of await lists('SREM', cursors)) unwrap(reply)
  const args = [...streamArgs(), ...cursors.flatMap(({ field, value }) => [field, value])]
  const answers = listOf(await callScript(wire, FORGET_OLD, { keys: names.keysOf(streamId), args }))
  const kept = cursors.filter((_, at) => answers[at] === 'kept')
  for (const reply of await lists('SADD', kept)) unwrap(reply)
}

export async function askCursors(
  parts: Parts,
  questions: readonly CursorQuestion[],
): Promise<(Head | null)[]> {
  const steps = questions.map(({ subscriber, stream, start }, at) => stepOf(at, subscriber, stream, start))
  const answers = await takeSteps(parts, ASK, steps)
  return steps.map(({ at }) => cursorOf(answers.get(at) ?? ''))
}

export async function moveCursors(parts: Parts, moves: readonly CursorMove[]): Promise<void> {
  const steps = moves.map(({ subscriber, stream, to }, at) => stepOf(at, subscriber, stream, to))
  // Out of the list first: what is not in the list must not outlive it, and a cursor is put in the list again
  // by whoever puts it.
  await list(
    parts,
    'SREM',
    steps.filter(({ place }) => place === null),
  )
  await takeSteps(parts, MOVE, steps)
}

/** How a cursor stands in the list of its user's cursors. */
export function listed(streamId: string, field: string): string {
  return `${streamId} ${field}`
}

function stepOf(at: number, subscriber: Subscriber, stream: StreamKey, place: Head | null): Step {
  const offset = place === null ? 0 : place.offset
  if (!Number.isSafeInteger(offset) || offset < 0) throw new Error(`An offset cannot be ${offset}`)
  const streamId = streamIdOf(stream)
  return { at, stream, streamId, subscriber, field: subscriberField(subscriber), place }
}

/**
 * Takes the steps, those of one stream in their order. First cursors are put in a second go, when the list of the
 * user's cursors has them and the registry has their streams.
 */
async function takeSteps(parts: Parts, script: Script, steps: readonly Step[]): Promise<Map<number, string>> {
  const answers = await takeOnce(parts, script, steps, false)
  const waiting = steps.filter(({ at }) => answers.get(at) === '?')
  if (waiting.length === 0) return answers
  const streams = new Set(waiting.map(({ streamId }) => streamId))
  const places = [...streams].flatMap((id) => [id, ''])
  await Promise.all([list(parts, 'SADD', waiting), remind(parts, places)])
  for (const [at, answer] of await takeOnce(parts, script, waiting, true)) answers.set(at, answer)
  return answers
}

async function takeOnce(
  { names, streamArgs, wire }: Parts,
  script: Script,
  steps: readonly Step[],
  isListed: boolean,
): Promise<Map<number, string>> {
  const groups = [...groupBy(steps, ({ streamId }) => streamId)]
  const calls = groups.map(([id, group]) => {
    const args = [...streamArgs(), isListed ? 'listed' : '']
    for (const { field, place } of group)
      args.push(field, place === null ? '' : String(place.offset), place?.epoch ?? '')
    return { keys: names.keysOf(id), args }
  })
  const replies = await wire.run(script, calls)
  const answers = new Map<number, string>()
  for (const [index, [, group]] of groups.entries()) {
    const texts = listOf(unwrap(replies[index])).map(textOf)
    for (const [place, { at }] of group.entries()) answers.set(at, texts[place] ?? '')
  }
  return answers
}

/** Puts cursors into the lists of their users' cursors, or takes them out. */
async function list({ names, wire }: Parts, command: 'SADD' | 'SREM', steps: readonly Step[]): Promise<void> {
  const groups = groupBy(steps, ({ stream, subscriber }) =>
    names.cursorsOfUser(stream.scope, subscriber.user),
  )
  const commands = [...groups].map(
    ([key, group]): Command => [command, key, ...group.map(({ streamId, field }) => listed(streamId, field))],
  )
  for (const reply of await wire.send(commands)) unwrap(reply)
}

function cursorOf(text: string): Head | null {
  const [offset, epoch] = text.split(' ')
  return epoch === undefined ? null : { epoch, offset: Number(offset) }
}
