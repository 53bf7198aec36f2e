import type { CursorMove, CursorQuestion, Head, StreamKey } from '../port.ts'
import { addCursor, countCursors, dropCursor, getCursor, putCursor, subscribersOf } from './cursor-set.ts'
import { devicePrefix, subscriberId } from './keys.ts'
import {
  dropIfTrivial,
  dropStream,
  findStream,
  headOf,
  openStream,
  type State,
  type StreamRecord,
  touch,
} from './streams.ts'

export function answerCursor(state: State, { subscriber, stream, start }: CursorQuestion): Head | null {
  const record = findStream(state, stream)
  const id = subscriberId(subscriber)
  const cursor = record === undefined ? undefined : getCursor(record.cursors, id)
  if (record !== undefined && cursor !== undefined) {
    return typeof cursor === 'number' ? { epoch: record.epoch, offset: cursor } : cursor
  }
  const head = headOf(state, record)
  if (start !== null && start.epoch === head.epoch) {
    const offset = Math.min(start.offset, head.offset)
    addNewCursor(state, record ?? openStream(state, stream), id, offset)
  }
  return null
}

export function moveCursor(state: State, { subscriber, stream, to }: CursorMove): void {
  const known = findStream(state, stream)
  const id = subscriberId(subscriber)
  if (to === null) {
    if (known !== undefined) forgetCursor(state, known, id)
    return
  }
  const head = headOf(state, known)
  if (to.epoch !== head.epoch || to.offset > head.offset) return
  const record = known ?? openStream(state, stream)
  const before = getCursor(record.cursors, id)
  if (before === undefined) {
    addNewCursor(state, record, id, to.offset)
    return
  }
  const at = typeof before === 'number' ? Math.max(before, to.offset) : to.offset
  record.cursors = putCursor(record.cursors, id, at)
  touch(state, record)
}

function addNewCursor(state: State, record: StreamRecord, id: string, offset: number): void {
  record.cursors = addCursor(record.cursors, id, offset)
  state.cursors += 1
  touch(state, record)
  boundCursors(state, record)
}

/** The user's own stream, and every cursor of the user in the scope. */
export function forgetUser(state: State, scope: string, user: string): void {
  const own = findStream(state, { scope, kind: 'user', name: user })
  if (own !== undefined) dropStream(state, own)
  for (const record of state.streams.values()) if (record.scope === scope) forgetOn(state, record, user)
}

/** The user's cursors on one stream. */
export function forgetCursors(state: State, user: string, stream: StreamKey): void {
  const record = findStream(state, stream)
  if (record !== undefined) forgetOn(state, record, user)
}

function forgetOn(state: State, record: StreamRecord, user: string): void {
  const alone = subscriberId({ user, device: null })
  const devices = devicePrefix(user)
  for (const id of subscribersOf(record.cursors)) {
    if (id === alone || id.startsWith(devices)) forgetCursor(state, record, id)
  }
}

/**
 * One stream that is flooded with subscribers must not cost the others theirs: the one with most cursors pays.
 * A stream always keeps one, so the bound may be passed by the number of streams, which is bounded too.
 */
function boundCursors(state: State, grown: StreamRecord): void {
  if (countCursors(grown.cursors) >= countCursors(state.mostCursors?.cursors ?? null))
    state.mostCursors = grown
  if (state.cursors <= state.settings.maxCursors) return
  const payer = state.mostCursors ?? grown
  if (countCursors(payer.cursors) <= 1) return
  for (const oldest of subscribersOf(payer.cursors)) {
    forgetCursor(state, payer, oldest)
    return
  }
}

function forgetCursor(state: State, record: StreamRecord, id: string): void {
  if (getCursor(record.cursors, id) === undefined) return
  record.cursors = dropCursor(record.cursors, id)
  state.cursors -= 1
  dropIfTrivial(state, record)
}
