import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { AppendOutcome, Content, NewEntry, NotificationStore, StreamKey } from '../src/index.ts'
import { createMemoryStore } from '../src/index.ts'
import { createNaiveStore } from './naive-store.ts'

const BUSY: StreamKey = { scope: '/', kind: 'channel', name: 'a' }
const STREAMS: readonly StreamKey[] = [
  BUSY,
  { scope: '/', kind: 'channel', name: 'b' },
  { scope: '/', kind: 'user', name: 'a' },
  { scope: '/', kind: 'broadcast', name: '' },
  { scope: '/x', kind: 'channel', name: 'a' },
  { scope: '/x', kind: 'user', name: 'b' },
]
const CONTENT: Content = { type: 'info', title: 't', message: 'm', data: { a: [1] }, sender: 's' }

const stream = fc.oneof({ weight: 2, arbitrary: fc.constant(BUSY) }, fc.constantFrom(...STREAMS))
const subscriber = fc.record({
  user: fc.constantFrom('a', 'b'),
  device: fc.constantFrom(null, null, 'phone'),
})
const offset = fc.integer({ min: 0, max: 40 })
const page = {
  stream,
  offset,
  limit: fc.integer({ min: 0, max: 9 }),
  maxBytes: fc.integer({ min: 1, max: 3_000 }),
}
const entry = fc.record({
  stream,
  bytes: fc.integer({ min: 0, max: 900 }),
  ttlMs: fc.constantFrom(null, null, 30, 200),
  sender: fc.constantFrom('a', 'b'),
  key: fc.integer({ min: 0, max: 30 }).map(String),
  hash: fc.constantFrom('one', 'one', 'one', 'two'),
})
/** `epochsAgo` counts back from the newest epoch that was seen, of whatever stream. */
const move = fc.record({
  subscriber,
  stream,
  offset,
  epochsAgo: fc.integer({ min: 0, max: 3 }),
  forgets: fc.boolean(),
})

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ op: fc.constant('append'), entries: fc.array(entry, { maxLength: 9 }) }),
  },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('after'), ...page }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('before'), ...page }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('cursors'), subscriber, start: fc.option(offset) }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('move'), moves: fc.array(move, { maxLength: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('advance'), ms: fc.integer({ min: 0, max: 60 }) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('prune') }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('clear'), stream }) },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('forget'), in: stream, user: fc.constantFrom('a', 'b') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('forget-on'),
      scope: fc.constantFrom('/', '/', '/x'),
      stream,
      user: fc.constantFrom('a', 'b'),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const bounds = fc.record({
  maxItemsPerStream: fc.constantFrom(1, 3, 9, 20, 40),
  maxStreams: fc.integer({ min: 1, max: 6 }),
  maxBytes: fc.constantFrom(1_300, 5_000, 20_000, 40_000),
  maxAgeMs: fc.constantFrom(20, 100, 400, 10_000),
})
type Bounds = typeof bounds extends fc.Arbitrary<infer T> ? T : never

/** Epochs are random: two stores agree when an epoch of one always stands where the same one of the other does. */
interface EpochPair {
  readonly real: string
  readonly naive: string
}

it('[MM1] the memory store does what the naive one does, whatever is done in whatever order', async () => {
  const seed = process.env.CARILLON_SEED
  await fc.assert(fc.asyncProperty(bounds, fc.array(step, { maxLength: 60, size: 'max' }), runBoth), {
    numRuns: 200,
    // Bounds the search for the smallest failing case, too.
    interruptAfterTimeLimit: 10_000,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  })
})

async function runBoth(bounds: Bounds, steps: readonly Step[]): Promise<void> {
  let time = 1_000
  const stores = {
    real: createMemoryStore({ ...bounds, now: () => time }),
    naive: createNaiveStore({ ...bounds, now: () => time }),
  }
  const epochs: EpochPair[] = []
  const given = new Map<string, string>()
  for (const [at, step] of steps.entries()) {
    if (step.op === 'advance') time += step.ms
    const act = (side: keyof EpochPair): Promise<unknown> =>
      perform(
        stores[side],
        step,
        at,
        epochs.map((it) => it[side]),
      )
    const real = await act('real')
    expectSame(epochs, real, await act('naive'))
    expectSame(epochs, await stores.real.heads(STREAMS), await stores.naive.heads(STREAMS))
    if (step.op === 'append') expectNewPlaces(given, entriesOf(step, at), real)
  }
  for (const key of STREAMS) {
    const everything = { after: 0, limit: 100, maxBytes: 1e9 }
    expectSame(epochs, await stores.real.read(key, everything), await stores.naive.read(key, everything))
  }
}

function entriesOf(step: Extract<Step, { op: 'append' }>, at: number): NewEntry[] {
  return step.entries.map((it, index) => ({ ...it, id: `${at}.${index}`, content: CONTENT }))
}

function perform(
  store: NotificationStore,
  step: Step,
  at: number,
  epochs: readonly string[],
): Promise<unknown> {
  switch (step.op) {
    case 'append':
      return store.append(entriesOf(step, at))
    case 'after':
      return store.read(step.stream, { after: step.offset, limit: step.limit, maxBytes: step.maxBytes })
    case 'before':
      return store.read(step.stream, { before: step.offset, limit: step.limit, maxBytes: step.maxBytes })
    case 'cursors':
      return store.cursors(
        STREAMS.map((stream) => {
          const epoch = epochs.at(-1)
          const start = step.start === null || epoch === undefined ? null : { epoch, offset: step.start }
          return { subscriber: step.subscriber, stream, start }
        }),
      )
    case 'move':
      return store.moveCursors(
        step.moves.map(({ subscriber, stream, offset, epochsAgo, forgets }) => {
          const epoch = epochs.at(-1 - epochsAgo)
          return { subscriber, stream, to: forgets || epoch === undefined ? null : { epoch, offset } }
        }),
      )
    case 'clear':
      return store.clear(step.stream)
    case 'forget':
      return store.forget(step.in.scope, step.user)
    case 'forget-on':
      return store.forget(step.scope, step.user, step.stream)
    case 'prune':
      return store.prune()
    case 'advance':
      return Promise.resolve()
  }
}

function expectSame(epochs: EpochPair[], real: unknown, naive: unknown): void {
  const [left, right] = [withoutEpochs(real), withoutEpochs(naive)]
  expect(left.rest).toEqual(right.rest)
  for (const [at, epoch] of left.epochs.entries()) {
    const pair = { real: epoch, naive: right.epochs[at] ?? '' }
    const known = epochs.filter((it) => it.real === pair.real || it.naive === pair.naive)
    if (known.length === 0) epochs.push(pair)
    else expect(known).toEqual([pair])
  }
}

function withoutEpochs(result: unknown): { readonly rest: unknown; readonly epochs: readonly string[] } {
  const epochs: string[] = []
  const rest = JSON.stringify({ result }, (key, value: unknown) => {
    if (key !== 'epoch' || typeof value !== 'string') return value
    epochs.push(value)
    return 'epoch'
  })
  return { rest: JSON.parse(rest), epochs }
}

/** An offset is given once under an epoch, over evictions, clears and forgotten users. */
function expectNewPlaces(given: Map<string, string>, entries: readonly NewEntry[], outcomes: unknown): void {
  for (const [at, outcome] of (outcomes as readonly AppendOutcome[]).entries()) {
    if (outcome.outcome !== 'written') continue
    const place = JSON.stringify([entries[at]?.stream, outcome.epoch, outcome.offset])
    expect(given.get(place) ?? outcome.id).toBe(outcome.id)
    given.set(place, outcome.id)
  }
}
