import type { Head, StreamKey } from '../port.ts'
import { type CursorSet, countCursors, retireCursors } from './cursor-set.ts'
import { streamId } from './keys.ts'
import { createLog, dropExpired, entryAt, type Log, trimOldest } from './log.ts'
import type { MemoryStoreSettings } from './options.ts'
import { createLine, type Line, type Linked, moveToNewest, takeOut } from './recency.ts'

/** What the store knows of one stream. */
export interface StreamRecord extends Linked<StreamRecord> {
  readonly id: string
  readonly scope: string
  epoch: string
  /** `null` until something is appended in this epoch. */
  log: Log | null
  cursors: CursorSet
}

export interface State {
  readonly settings: MemoryStoreSettings
  readonly streams: Map<string, StreamRecord>
  /** Streams without a log: kept for their cursors. */
  readonly blank: Line<StreamRecord>
  /** Streams whose items are all gone: kept so that their offsets go on. */
  readonly drained: Line<StreamRecord>
  readonly holding: Line<StreamRecord>
  /** Bytes of all items, book-keeping included. */
  bytes: number
  cursors: number
  /** The stream that had most cursors when one was last added. */
  mostCursors: StreamRecord | null
  /** Epoch of every stream that has no record. */
  epoch: string
}

/** What an item costs besides its content, roughly: its slot, its keys, the objects around it. */
export const BYTES_PER_ITEM = 400

export function createState(settings: MemoryStoreSettings): State {
  return {
    settings,
    streams: new Map(),
    blank: createLine(),
    drained: createLine(),
    holding: createLine(),
    bytes: 0,
    cursors: 0,
    mostCursors: null,
    epoch: newEpoch(),
  }
}

export function findStream(state: State, stream: StreamKey): StreamRecord | undefined {
  return state.streams.get(streamId(stream))
}

export function headOf(state: State, record: StreamRecord | undefined): Head {
  return { epoch: record?.epoch ?? state.epoch, offset: record?.log?.head ?? 0 }
}

/** The record of a stream, made when there is none: in the epoch that the stream showed without one. */
export function openStream(state: State, stream: StreamKey): StreamRecord {
  const id = streamId(stream)
  const known = state.streams.get(id)
  if (known !== undefined) return known
  const record = createRecord(id, stream.scope, state.epoch)
  state.streams.set(id, record)
  touch(state, record)
  if (state.streams.size > state.settings.maxStreams) {
    const lines = [state.blank, state.drained, state.holding]
    const victim = lines.map((line) => line.oldest).find((oldest) => oldest !== null && oldest !== record)
    if (victim) dropStream(state, victim)
  }
  return record
}

/** Every field in one literal: objects that are put together by and by weigh twice as much. */
function createRecord(id: string, scope: string, epoch: string): StreamRecord {
  return { line: null, older: null, newer: null, id, scope, epoch, log: null, cursors: null }
}

/** Marks the stream as just used, and puts it in line with those that hold as much as it does. */
export function touch(state: State, record: StreamRecord): void {
  const { log } = record
  moveToNewest(log === null ? state.blank : log.held === 0 ? state.drained : state.holding, record)
}

export function dropStream(state: State, record: StreamRecord): void {
  retireEpoch(state, record)
  state.bytes -= weightOf(record.log)
  state.cursors -= countCursors(record.cursors)
  if (state.mostCursors === record) state.mostCursors = null
  takeOut(record)
  state.streams.delete(record.id)
}

/** Empties the log and starts a new epoch. Cursors stay, each in the epoch that it was moved in. */
export function restartStream(state: State, record: StreamRecord): void {
  retireEpoch(state, record)
  retireCursors(record.cursors, record.epoch)
  state.bytes -= weightOf(record.log)
  record.epoch = newEpoch()
  record.log = null
  touch(state, record)
}

/** Forgets a record that says no more than its absence would. */
export function dropIfTrivial(state: State, record: StreamRecord): void {
  if (record.log === null && record.cursors === null && record.epoch === state.epoch)
    dropStream(state, record)
}

/** Runs a step that adds or drops items, and keeps the store's budget and lines in accord with it. */
export function changeLog(state: State, record: StreamRecord, step: (log: Log) => void): void {
  record.log ??= createLog()
  const before = weightOf(record.log)
  step(record.log)
  state.bytes += weightOf(record.log) - before
  if (record.log.held === 0 && record.line === state.holding) touch(state, record)
}

/** Drops what is older than the store keeps. What expired earlier may stay until a prune: no read shows it. */
export function trimAged(state: State, record: StreamRecord, now: number): void {
  const oldestKept = now - state.settings.maxAgeMs
  while (oldestTime(record.log) < oldestKept) changeLog(state, record, trimOldest)
}

/** Drops what is too old and what expired, in every stream. Returns how many items that were. */
export function pruneStreams(state: State): number {
  const now = state.settings.now()
  let dropped = 0
  for (const record of state.streams.values()) {
    if (record.log === null || record.log.held === 0) continue
    const before = record.log.held
    trimAged(state, record, now)
    changeLog(state, record, (log) => dropExpired(log, now))
    dropped += before - record.log.held
  }
  return dropped
}

/** Drops the oldest items of the least recently used streams until all items are within the budget. */
export function trimToBudget(state: State): void {
  while (state.bytes > state.settings.maxBytes) {
    const record = state.holding.oldest
    if (record === null) return
    changeLog(state, record, trimOldest)
  }
}

function newEpoch(): string {
  return crypto.randomUUID()
}

function weightOf(log: Log | null): number {
  return log === null ? 0 : log.bytes + log.held * BYTES_PER_ITEM
}

function oldestTime(log: Log | null): number {
  const oldest = log === null ? undefined : entryAt(log, log.floor + 1)
  return oldest?.item.timestamp ?? Number.POSITIVE_INFINITY
}

/**
 * No offset is ever given twice under one epoch. A stream without a record is in the store's epoch: when a log
 * of that epoch goes, the epoch must go with it.
 */
function retireEpoch(state: State, record: StreamRecord): void {
  if (record.log !== null && record.epoch === state.epoch) state.epoch = newEpoch()
}
