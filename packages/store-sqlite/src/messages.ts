import type { CursorQuestion, Head, ReadQuery, StreamKey, Written } from '@carillon/store'

/*
 * What goes between the store and its two workers. Content travels as JSON text: that is what the database
 * keeps, and one string is cheaper to hand over than an object.
 */

export interface WireEntry {
  readonly stream: StreamKey
  readonly id: string
  readonly content: string
  readonly bytes: number
  readonly ttlMs: number | null
  readonly sender: string
  readonly key: string
  readonly hash: string
}

/** Entries of one stream that follow each other in a call. */
export interface WireRun {
  readonly stream: StreamKey
  readonly count: number
  /** JSON: an array of arrays, see runs.ts. */
  readonly rows: string
}

/** A failure on its way to the other thread, where an Error would lose its code. */
export interface Fault {
  readonly message: string
  readonly code: string
}

export type WireOutcome =
  | Written
  | { readonly outcome: 'conflict' }
  | { readonly outcome: 'refused' | 'unknown'; readonly fault: Fault }

/** What became of a run: all of it was written, from an offset on, or what became of each. */
export type WireRunOutcome =
  | { readonly epoch: string; readonly offset: number; readonly timestamp: number }
  | { readonly outcomes: readonly WireOutcome[] }

export interface WireItem {
  readonly id: string
  readonly offset: number
  readonly timestamp: number
  readonly expiresAt: number | null
  readonly content: string
}

export interface WirePage extends Head {
  readonly base: number
  readonly items: readonly WireItem[]
  readonly coveredTo: number
  readonly idAt: string | null
}

export interface WireNews {
  readonly stream: StreamKey
  readonly epoch: string
  readonly head: number
  readonly item: WireItem | null
}

/** Somebody's cursor; the device in the form in which a column tells none from an empty one. */
export interface WireCursor {
  readonly user: string
  readonly device: string
  readonly stream: StreamKey
}

export interface WireQuestion extends WireCursor, Pick<CursorQuestion, 'start'> {}

export interface WireMove extends WireCursor {
  readonly to: Head | null
}

export interface WireAnswers {
  readonly cursors: readonly (Head | null)[]
  /** Which of the questions found a cursor whose last use was noted long ago: this one should be. */
  readonly toTouch: readonly number[]
}

/** How far the news of a database were heard. */
export interface Place {
  /** Random id of the database itself. */
  readonly database: string
  readonly seq: number
}

export interface Heard {
  readonly place: Place
  readonly news: readonly WireNews[]
  /** Whether something may be missing between the last place and this one. */
  readonly isGap: boolean
  /** Another file, or a backup that was restored: what was heard before may be of another log. */
  readonly isOther?: true
}

/** The parts of a sweep, in the order in which they are worth it. */
export const SWEEP_PARTS = ['graves', 'expired', 'aged', 'streams', 'cursors'] as const
export type SweepPart = (typeof SWEEP_PARTS)[number]

export interface Swept {
  readonly dropped: number
  /** Whether the same part has more to do. */
  readonly isMore: boolean
}

/** What the database itself says about its settings. */
export interface Facts {
  readonly journalMode: string
  /** `PRAGMA synchronous`: 0 off, 1 normal, 2 full, 3 extra. */
  readonly synchronous: number
  /** Where the file lies. */
  readonly medium: 'disk' | 'memory' | 'network'
}

export interface WriterCalls {
  readonly open: { readonly input: null; readonly output: null }
  readonly facts: { readonly input: null; readonly output: Facts }
  readonly append: { readonly input: readonly WireRun[]; readonly output: readonly WireRunOutcome[] }
  readonly cursors: { readonly input: readonly WireQuestion[]; readonly output: WireAnswers }
  /** Notes that these cursors were asked for. */
  readonly touch: { readonly input: readonly WireCursor[]; readonly output: null }
  readonly moveCursors: { readonly input: readonly WireMove[]; readonly output: null }
  readonly clear: { readonly input: StreamKey; readonly output: Head }
  readonly forget: { readonly input: { scope: string; user: string }; readonly output: null }
  /** Forgets the cursors of a user on one stream. */
  readonly forgetCursors: { readonly input: { user: string; stream: StreamKey }; readonly output: null }
  readonly sweep: { readonly input: SweepPart; readonly output: Swept }
}

export interface ReaderCalls {
  readonly read: { readonly input: { stream: StreamKey; query: ReadQuery }; readonly output: WirePage }
  readonly heads: { readonly input: readonly StreamKey[]; readonly output: readonly Head[] }
  readonly cursors: { readonly input: readonly WireCursor[]; readonly output: WireAnswers }
  /** Answers when there is something after a place; at once when there is no place yet. */
  readonly follow: { readonly input: Place | null; readonly output: Heard | null }
  /** Ends the following: the call of it that waits is answered with `null`. */
  readonly unfollow: { readonly input: null; readonly output: null }
}

/** The calls that a worker answers. */
export type CallTable = WriterCalls | ReaderCalls

/** What goes into a call of a table, and what comes out. */
export type InputOf<Table, Name extends keyof Table> = Table[Name] extends { readonly input: infer Input }
  ? Input
  : never
export type OutputOf<Table, Name extends keyof Table> = Table[Name] extends { readonly output: infer Output }
  ? Output
  : never

/** Each call of a table as the message that asks for it. */
export type RequestOf<Table> = {
  [Name in keyof Table]: { readonly id: number; readonly name: Name; readonly input: InputOf<Table, Name> }
}[keyof Table]

export type WriterRequest = RequestOf<WriterCalls>
export type ReaderRequest = RequestOf<ReaderCalls>

export type Reply =
  | { readonly id: number; readonly output: unknown }
  /** `isUncertain` when it may have been done all the same. */
  | { readonly id: number; readonly fault: Fault; readonly isUncertain: boolean }

export type Role = 'writer' | 'reader'

/** The last message to a worker: it closes the database and ends. */
export const CLOSE = 'close'
