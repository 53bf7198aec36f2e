import { expect, test } from 'vitest'
import { createRequestQueue } from '../../src/rules/request-queue.ts'

const WIDE = 100
const names = (entries: readonly { readonly request: string }[]) => entries.map(({ request }) => request)

test('[CL4] requests go out in the order of their calls', () => {
  const queue = createRequestQueue<string>(9)
  for (const name of ['a', 'b', 'c']) queue.add(name)
  expect(names(queue.take(WIDE))).toEqual(['a', 'b', 'c'])
  expect(queue.take(WIDE)).toEqual([])
})

test('[CL4] what was in flight waits in its old place, before what came later', () => {
  const queue = createRequestQueue<string>(9)
  queue.add('a')
  const b = queue.add('b')
  queue.take(WIDE)
  queue.add('c')
  queue.giveBack()
  if (b !== null) queue.remove(b)
  expect([...queue.entries()].map(({ request, sent }) => [request, sent])).toEqual([
    ['a', true],
    ['c', false],
  ])
  expect(names(queue.take(WIDE))).toEqual(['a', 'c'])
})

test('[CL4] no more than the window is in flight, and each answer lets the next one out', () => {
  const queue = createRequestQueue<string>(9)
  for (const name of ['a', 'b', 'c', 'd']) queue.add(name)
  const [a] = queue.take(2)
  expect(queue.take(2)).toEqual([])
  if (a !== undefined) expect(queue.remove(a)).toBe(true)
  if (a !== undefined) expect(queue.remove(a)).toBe(false)
  expect(names(queue.take(2))).toEqual(['c'])
})

test('[CL4] the bound counts what waits, not what is in flight or came back', () => {
  const queue = createRequestQueue<string>(2)
  queue.add('a')
  queue.add('b')
  expect(queue.add('c')).toBeNull()
  queue.take(WIDE)
  expect(queue.add('c')).not.toBeNull()
  queue.giveBack()
  expect(queue.add('d')).toBeNull()
  expect(names(queue.drain())).toEqual(['a', 'b', 'c'])
  expect(queue.add('e')).not.toBeNull()
  expect(names(queue.take(WIDE))).toEqual(['e'])
})
