import { describe, expect, test } from 'vitest'
import {
  createTail,
  forgetLost,
  hasHole,
  onAppended,
  onLost,
  onOpened,
  onPage,
  onReady,
  pin,
  type Tail,
  unpin,
  waitingOf,
} from '../../src/rules/tail.ts'
import { DEVOPS, item, items, offsets, page } from './items.ts'

const MARKS = { bucketMs: 10, keepMs: 100 }

function openTail(offset = 0): Tail {
  const tail = createTail(DEVOPS, MARKS)
  onOpened(tail, 'e1', offset, 0)
  return tail
}

const append = (tail: Tail, offset: number, epoch = 'e1'): number[] =>
  offsets(onAppended(tail, epoch, item(offset), 0))

describe('a tail', () => {
  test('[G1] emits in offset order, whatever the order of arrival', () => {
    const tail = openTail()
    expect(append(tail, 2)).toEqual([])
    expect(append(tail, 3)).toEqual([])
    expect(append(tail, 1)).toEqual([1, 2, 3])
    expect(tail.offset).toBe(3)
  })

  test('[G3] drops what it has emitted', () => {
    const tail = openTail()
    expect(append(tail, 1)).toEqual([1])
    expect(append(tail, 1)).toEqual([])
  })

  test('[G1] holds what comes while it opens and drops what the opening read has seen', () => {
    const tail = createTail(DEVOPS, MARKS)
    expect(append(tail, 4)).toEqual([])
    expect(append(tail, 5)).toEqual([])
    expect(offsets(onOpened(tail, 'e1', 4, 0))).toEqual([5])
    expect(tail.early).toBeNull()
  })

  test('[G2] knows that it has a hole and fills it from a page', () => {
    const tail = openTail()
    append(tail, 4)
    expect(hasHole(tail)).toBe(true)
    expect(offsets(onPage(tail, page({ items: items(1, 3), head: 4, coveredTo: 3 }), 0))).toEqual([
      1, 2, 3, 4,
    ])
    expect(hasHole(tail)).toBe(false)
  })

  test('[G2] passes over offsets that the store says are gone', () => {
    const tail = openTail()
    append(tail, 5)
    const read = page({ items: [item(2)], head: 5, coveredTo: 4 })
    expect(offsets(onPage(tail, read, 0))).toEqual([2, 5])
    expect(tail.offset).toBe(5)
  })

  test('[G1] emits nothing twice when page and early items overlap', () => {
    const tail = openTail()
    append(tail, 2)
    append(tail, 3)
    const read = page({ items: items(1, 3), head: 3, coveredTo: 3 })
    expect(offsets(onPage(tail, read, 0))).toEqual([1, 2, 3])
    expect(tail.early).toBeNull()
  })

  test('[G5] keeps an item of another epoch apart until the store has spoken', () => {
    const tail = openTail(7)
    expect(append(tail, 1, 'e2')).toEqual([])
    expect(hasHole(tail)).toBe(true)
    onLost(tail, page({ epoch: 'e2' }), { reason: 'epoch', from: 0, at: 0 })
    expect(offsets(onReady(tail, 0))).toEqual([1])
    expect(hasHole(tail)).toBe(false)
  })

  test('[G6] forgets what waits of a log that was put back: it would pass for what is written there anew', () => {
    const tail = openTail(100)
    append(tail, 103)
    onLost(tail, page({ head: 90 }), { reason: 'future', from: 90, at: 0 })
    for (let offset = 91; offset <= 102; offset++) append(tail, offset)
    expect(offsets(onAppended(tail, 'e1', item(103, 'anew'), 0))).toEqual([103])
    expect(tail.offset).toBe(103)
  })

  test('[G1] forgets strangers that came before a read which still knows our epoch, and no others', () => {
    const tail = openTail(7)
    append(tail, 1, 'old')
    const before = waitingOf(tail)
    append(tail, 2, 'new')
    forgetLost(tail, before, page({ head: 7 }))
    expect([...(tail.early?.keys() ?? [])]).toEqual([2])
  })

  test('[G7] holds recent items for readers only, and a bounded number', () => {
    const tail = openTail()
    append(tail, 1)
    expect(tail.recent).toEqual([])
    pin(tail)
    for (let offset = 2; offset <= 1_000; offset++) append(tail, offset)
    expect(tail.recent.length).toBeLessThanOrEqual(256)
    expect(tail.recent.at(-1)?.offset).toBe(1_000)
    unpin(tail)
    expect(tail.recent).toEqual([])
  })

  test('[G7] holds a bounded number of early items; the others come from the store', () => {
    const tail = openTail()
    for (let offset = 2; offset <= 5_000; offset++) append(tail, offset)
    expect(tail.early?.size).toBeLessThanOrEqual(1_024)
    expect(hasHole(tail)).toBe(true)
  })
})
