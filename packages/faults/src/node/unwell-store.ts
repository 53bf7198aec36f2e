import type { NotificationStore } from '@carillon/store'

/** How a store ails. */
export interface Illness {
  /** The share of calls that go wrong, from 0 to 1. */
  readonly share: number
  readonly seed: number
}

export interface Unwell {
  readonly store: NotificationStore
  /** From now on everything works. Returns how many calls had gone wrong. */
  recover(): number
}

/** What no call resolves to. */
const NONSENSE: readonly unknown[] = [
  undefined,
  null,
  42,
  'OK',
  true,
  {},
  [],
  [[null]],
  [[]],
  [{ outcome: 'written' }],
  [{ outcome: 'written', epoch: 5, offset: '7', id: null, timestamp: 'now' }],
  [{ epoch: 5, offset: '7' }],
  { epoch: 5, head: '7', base: null, items: [null], coveredTo: '7', idAt: 5 },
  { epoch: 'e', items: 'none' },
]

/** What no driver should reject with, and some do. */
const NO_ERRORS: readonly unknown[] = [
  undefined,
  null,
  'connection lost',
  42,
  { code: 'ECONNRESET' },
  [],
  false,
]

type Call = () => Promise<unknown>

type Pick = <T>(from: readonly T[]) => T | undefined
type Symptom = (call: Call, pick: Pick) => unknown

/** What may happen instead of an answer; the work was done or not, and nobody is told which. */
const SYMPTOMS: readonly Symptom[] = [
  () => {
    throw new Error('thrown, where a promise was promised')
  },
  (_, pick) => Promise.reject(pick(NO_ERRORS)),
  (call, pick) => call().then(() => Promise.reject(pick(NO_ERRORS))),
  () => new Promise(() => undefined),
  (call) => call().then(() => new Promise(() => undefined)),
  (call, pick) => call().then(() => pick(NONSENSE)),
  (_, pick) => Promise.resolve(pick(NONSENSE)),
  // Not even a promise.
  (_, pick) => pick(NONSENSE),
]

const CALLS = ['append', 'read', 'heads', 'cursors', 'moveCursors', 'prune', 'durability'] as const

/** The same store, some of whose calls go wrong in every way that there is. */
export function unwellStore(store: NotificationStore, { share, seed }: Illness): Unwell {
  const random = randomOf(seed)
  const pick: Pick = (from) => from[Math.floor(random() * from.length)]
  let isWell = false
  let ailed = 0

  const ailing = (call: Call): unknown => {
    if (isWell || random() >= share) return call()
    ailed += 1
    return pick(SYMPTOMS)?.(call, pick)
  }
  const calls = Object.fromEntries(
    CALLS.map((name) => {
      const call: (...args: never[]) => Promise<unknown> = store[name]
      return [name, (...args: never[]) => ailing(() => call(...args))]
    }),
  )
  return {
    // What ails may be late: nobody can rely on the order of its calls.
    store: { ...store, inOrder: false, ...calls },
    recover() {
      isWell = true
      return ailed
    },
  }
}

/** The same numbers again for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
