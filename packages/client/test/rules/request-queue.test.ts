import { expect, test } from 'vitest'
import { createRequestQueue, outcomeOf } from '../../src/rules/request-queue.ts'

const WIDE = 100
const names = (entries: readonly { readonly request: string }[]) => entries.map(({ request }) => request)

test('[CL4] requests go out in the order of their calls', () => {
  const queue = createRequestQueue<string>(9)
  for (const name of ['a', 'b', 'c']) queue.add(name)
  expect(names(queue.take(WIDE, 0))).toEqual(['a', 'b', 'c'])
  expect(queue.take(WIDE, 0)).toEqual([])
})

test('[CL4] what was in flight waits in its old place, before what came later', () => {
  const queue = createRequestQueue<string>(9)
  queue.add('a')
  const b = queue.add('b')
  queue.take(WIDE, 0)
  queue.add('c')
  queue.giveBack()
  if (b !== null) queue.remove(b)
  expect([...queue.entries()].map(({ request, sent }) => [request, sent])).toEqual([
    ['a', true],
    ['c', false],
  ])
  expect(names(queue.take(WIDE, 0))).toEqual(['a', 'c'])
})

test('[CL4] no more than the window is in flight, and each answer lets the next one out', () => {
  const queue = createRequestQueue<string>(9)
  for (const name of ['a', 'b', 'c', 'd']) queue.add(name)
  const [a] = queue.take(2, 0)
  expect(queue.take(2, 0)).toEqual([])
  if (a !== undefined) expect(queue.remove(a)).toBe(true)
  if (a !== undefined) expect(queue.remove(a)).toBe(false)
  expect(names(queue.take(2, 0))).toEqual(['c'])
})

test('[CL4] the bound counts what waits, not what is in flight or came back', () => {
  const queue = createRequestQueue<string>(2)
  queue.add('a')
  queue.add('b')
  expect(queue.add('c')).toBeNull()
  queue.take(WIDE, 0)
  expect(queue.add('c')).not.toBeNull()
  queue.giveBack()
  expect(queue.add('d')).toBeNull()
  expect(names(queue.drain())).toEqual(['a', 'b', 'c'])
  expect(queue.add('e')).not.toBeNull()
  expect(names(queue.take(WIDE, 0))).toEqual(['e'])
})

const NOT_NOW = { ok: false, code: 'internal', errors: [], retryable: true, details: [] } as const
const UNSURE = {
  ...NOT_NOW,
  code: 'store-unavailable',
  details: [{ code: 'store-unavailable', outcome: 'unknown' }],
} as const

/** A queue with requests of one lane in flight. */
function flying(...requests: string[]) {
  const queue = createRequestQueue<string>(9)
  for (const request of requests) queue.add(request, 'lane')
  return { queue, flown: queue.take(WIDE, 0) }
}

test('[CL4] one that was refused for now goes out again after its time, alone, and then those behind it', () => {
  const { queue, flown } = flying('a')
  const [a] = flown
  if (a === undefined) throw new Error('nothing in flight')
  queue.add('b', 'lane')
  queue.add('other', 'elsewhere')
  queue.postpone(a, NOT_NOW, 100)
  expect(names(queue.take(WIDE, 99))).toEqual(['other'])
  expect(queue.nextAt(99)).toBe(100)
  expect(names(queue.take(WIDE, 100))).toEqual(['a'])
  expect([queue.take(WIDE, 200), queue.nextAt(200)]).toEqual([[], 0])
  queue.remove(a, 'surely')
  expect(names(queue.take(WIDE, 200))).toEqual(['b'])
})

test('[CL4] it waits for the answers of those behind it, and goes before them when they were refused, too', () => {
  const { queue, flown } = flying('a', 'b')
  const [a, b] = flown
  if (a === undefined || b === undefined) throw new Error('nothing in flight')
  queue.postpone(a, NOT_NOW, 10)
  expect(queue.take(WIDE, 20)).toEqual([])
  queue.postpone(b, NOT_NOW, 10)
  expect([names(queue.takePassed()), names(queue.take(WIDE, 20))]).toEqual([[], ['a']])
})

test.each(['surely', 'perhaps'] as const)(
  '[CL4] it does not go out again when one behind it was %s done',
  (isDone) => {
    const { queue, flown } = flying('a', 'b')
    const [a, b] = flown
    if (a === undefined || b === undefined) throw new Error('nothing in flight')
    queue.remove(b, isDone)
    expect(queue.takePassed()).toEqual([])
    queue.postpone(a, NOT_NOW, 10)
    expect(names(queue.takePassed())).toEqual(['a'])
    expect(outcomeOf(a)).toBe('refused')
    expect([...queue.entries()]).toEqual([])
  },
)

test('[CL4] nor when the answer of one behind it was lost, or unclear', () => {
  const lost = flying('a', 'b')
  if (lost.flown[0] !== undefined) lost.queue.postpone(lost.flown[0], NOT_NOW, 10)
  lost.queue.giveBack()
  expect(names(lost.queue.takePassed())).toEqual(['a'])
  expect(names(lost.queue.take(WIDE, 20))).toEqual(['b'])

  const unclear = flying('a', 'b')
  for (const [at, entry] of unclear.flown.entries())
    unclear.queue.postpone(entry, at === 0 ? NOT_NOW : UNSURE, 10)
  expect(names(unclear.queue.takePassed())).toEqual(['a'])
})

test('[CL4] what was lost together goes out together, but not behind one that is surely done', () => {
  const { queue, flown } = flying('a', 'b', 'c')
  if (flown[2] !== undefined) queue.remove(flown[2], 'perhaps')
  queue.giveBack()
  expect([queue.takePassed(), names(queue.take(WIDE, 0))]).toEqual([[], ['a', 'b']])
  if (flown[1] !== undefined) queue.remove(flown[1], 'surely')
  queue.giveBack()
  expect(names(queue.takePassed())).toEqual(['a'])
})

test('[CL4] a refusal holds up its own lane only, and nothing that has none', () => {
  const queue = createRequestQueue<string>(9)
  for (const [request, lane] of [
    ['a', 'one'],
    ['b', null],
  ] as const) {
    queue.add(request, lane)
  }
  const [a] = queue.take(WIDE, 0)
  if (a !== undefined) queue.postpone(a, NOT_NOW, 100)
  queue.add('c', null)
  queue.add('d', 'two')
  expect(names(queue.take(WIDE, 1))).toEqual(['c', 'd'])
})

test('[CL4] one that is put first goes first, however many wait', () => {
  const queue = createRequestQueue<string>(1)
  queue.add('b', 'lane')
  expect(queue.add('c', 'lane')).toBeNull()
  queue.add('a', 'lane', true)
  expect(names(queue.take(WIDE, 0))).toEqual(['a', 'b'])
})

test('[CL3] what became of a request is known as far as it can be', () => {
  const { queue, flown } = flying('a')
  const [a] = flown
  if (a === undefined) throw new Error('nothing in flight')
  expect([outcomeOf(null), outcomeOf(queue.add('b')), outcomeOf(a)]).toEqual(['unsent', 'unsent', 'unknown'])
  queue.postpone(a, NOT_NOW, 0)
  expect(outcomeOf(a)).toBe('refused')
  queue.take(WIDE, 0)
  queue.giveBack()
  expect(outcomeOf(a)).toBe('unknown')
  queue.take(WIDE, 0)
  queue.postpone(a, NOT_NOW, 0)
  // The refusal says nothing of the attempt before it.
  expect(outcomeOf(a)).toBe('unknown')
})
