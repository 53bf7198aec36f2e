import assert from 'node:assert/strict'
import type {
  AppendOutcome,
  Content,
  Head,
  Item,
  NewEntry,
  NotificationStore,
  Page,
  StreamKey,
  Subscriber,
  Written,
} from '../port.ts'

/** What a rule would like the store to be opened with. A store that knows no such bound ignores it. */
export interface StoreWish {
  readonly maxItemsPerStream?: number
}

/** A store that is open, and what the contract may do with it from outside. */
export interface OpenedStore {
  readonly store: NotificationStore
  /** Moves the store's clock forward. Without it, the rules about time wait for a real moment. */
  readonly advance?: (ms: number) => void | Promise<void>
  /**
   * Opens the same data once more, as a later start or another process would. Obligatory for a store that is
   * `shared` or whose durability is not `none`. The contract closes what it opened here itself.
   */
  readonly reopen?: () => NotificationStore | Promise<NotificationStore>
  /** Ends everything and removes the data. @default `store.close()` */
  readonly close?: () => void | Promise<void>
}

/** One rule of the contract at work: a store, names of its own, and the words that the rules share. */
export interface Trial {
  readonly store: NotificationStore
  readonly opened: OpenedStore
  /** Belongs to this rule alone, so that rules may share one database. */
  readonly scope: string
  /** A stream of the rule's own scope. @default a channel */
  stream(name: string, kind?: StreamKey['kind']): StreamKey
  /** An entry with an id and a key that nothing else has. */
  entry(stream: StreamKey, change?: Partial<NewEntry>): NewEntry
  /** Appends in one call and expects every entry to be written. */
  append(entries: readonly NewEntry[], store?: NotificationStore): Promise<Written[]>
  /** Appends so many entries one by one. Resolves to their ids. */
  fill(stream: StreamKey, count: number, change?: Partial<NewEntry>): Promise<string[]>
  /** Everything from the beginning on, in one page. */
  readAll(stream: StreamKey, store?: NotificationStore): Promise<Page>
  /** How far somebody was served on each stream, asked without leaving a trace. */
  cursors(
    subscriber: Subscriber,
    streams: readonly StreamKey[],
    store?: NotificationStore,
  ): Promise<(Head | null)[]>
  /** Opens the same data once more, and closes it afterwards. */
  reopened(use: (again: NotificationStore) => Promise<void>): Promise<void>
  /** Waits until the condition holds, without moving the store's clock. */
  eventually(holds: () => boolean, what: string): Promise<void>
  /** Lets so much time pass for the store, until the condition holds. */
  passes(ms: number, until: () => Promise<boolean>, what: string): Promise<void>
}

export interface Rule {
  readonly id: string
  readonly title: string
  readonly wish?: StoreWish
  readonly run: (trial: Trial) => Promise<void>
}

export const ROOMY = { limit: 10_000, maxBytes: 100_000_000 } as const

export const CONTENT: Content = Object.freeze({
  type: 'info',
  title: 'Title',
  message: 'Message',
  data: null,
  sender: 'Alice',
})

const POLL_MS = 5

/** Other processes may run the contract on the same database. */
const RUN = crypto.randomUUID().slice(0, 8)
let made = 0
const unique = (prefix: string): string => `${prefix}-${RUN}-${++made}`

export function createTrial(opened: OpenedStore, maxWaitMs: number): Trial {
  const { store } = opened
  const scope = unique('contract')

  function entry(stream: StreamKey, change: Partial<NewEntry> = {}): NewEntry {
    const id = unique('n')
    const plain = { content: CONTENT, bytes: 100, ttlMs: null, sender: 'alice', key: id, hash: 'h' }
    return { stream, id, ...plain, ...change }
  }

  async function append(entries: readonly NewEntry[], into = store): Promise<Written[]> {
    return writtenOf(await into.append(entries))
  }

  return {
    store,
    opened,
    scope,
    stream: (name, kind = 'channel') => ({ scope, kind, name }),
    entry,
    append,
    async fill(stream, count, change) {
      const ids: string[] = []
      for (const one of times(count, () => entry(stream, change))) {
        await append([one])
        ids.push(one.id)
      }
      return ids
    },
    readAll: (stream, from = store) => from.read(stream, { after: 0, ...ROOMY }),
    async cursors(subscriber, streams, from = store) {
      const found = await from.cursors(streams.map((stream) => ({ subscriber, stream, start: null })))
      return found.map((cursor) => cursor && { ...cursor })
    },
    async reopened(use) {
      const { reopen } = opened
      assert.ok(reopen !== undefined, 'a store that keeps or shares its data must come with `reopen`')
      const again = await reopen()
      try {
        await use(again)
      } finally {
        await again.close()
      }
    },
    async eventually(holds, what) {
      const deadline = Date.now() + maxWaitMs
      while (!holds()) {
        assert.ok(Date.now() < deadline, `${what} (waited for ${maxWaitMs} ms)`)
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
    },
    async passes(ms, until, what) {
      if (opened.advance !== undefined) {
        await opened.advance(ms)
        assert.ok(await until(), what)
        return
      }
      const deadline = Date.now() + ms + maxWaitMs
      while (!(await until())) {
        assert.ok(Date.now() < deadline, `${what} (waited for ${ms + maxWaitMs} ms)`)
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
    },
  }
}

export function writtenOf(outcomes: readonly AppendOutcome[]): Written[] {
  return outcomes.map((outcome) => {
    if (outcome.outcome === 'written') return outcome
    throw new assert.AssertionError({ message: `expected the entry to be written, got ${outcome.outcome}` })
  })
}

export function times<T>(count: number, make: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => make(at))
}

/** 1 to `last`, or `first` to `last`. */
export function range(last: number, first = 1): number[] {
  return times(Math.max(0, last - first + 1), (at) => first + at)
}

export const offsetsOf = (items: readonly Item[]): number[] => items.map((item) => item.offset)
export const idsOf = (items: readonly Item[]): string[] => items.map((item) => item.id)

export function only<T>(list: readonly T[]): T {
  const [first, ...others] = list
  if (first === undefined || others.length > 0) assert.fail(`expected one answer, got ${list.length}`)
  return first
}

export const user = (name: string, device: string | null = null): Subscriber => ({ user: name, device })

/** Names that a careless encoding would take for one another or for something else. */
export const HOSTILE_NAMES = [
  'a',
  'aa',
  'a:b',
  'a:',
  ':a',
  'a.b',
  'a/b',
  'a\u0001',
  'a"b',
  "a'b",
  'a%',
  'a_',
  'a*',
  'A',
  'a ',
  'é',
  'e\u0301',
  '🔔',
  '{a}',
  '["a","b"]',
  '__proto__',
  'constructor',
  'toString',
  '0',
  '-1',
] as const
