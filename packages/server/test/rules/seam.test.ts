import { describe, expect, test } from 'vitest'
import { stitch } from '../../src/rules/seam.ts'
import { createTail, onAppended, onOpened, pin, type Tail } from '../../src/rules/tail.ts'
import { DEVOPS, item, items, offsets, page } from './items.ts'

/** A pinned tail that opened at `head` and has emitted up to `offset` since. */
function tailAt(head: number, offset: number): Tail {
  const tail = createTail(DEVOPS, { bucketMs: 10, keepMs: 100 })
  pin(tail)
  onOpened(tail, 'e1', head, 0)
  for (let next = head + 1; next <= offset; next++) onAppended(tail, 'e1', item(next), 0)
  return tail
}

describe('a stitch', () => {
  test('[G1] at the head is live at once and has nothing to emit', () => {
    expect(stitch(tailAt(5, 5), 5, null)).toEqual({
      kind: 'live',
      items: [],
      upTo: 5,
      controls: [],
    })
  })

  test('[G2] takes what was emitted during the wait from the recent items', () => {
    const next = stitch(tailAt(5, 8), 5, null)
    expect(next.kind).toBe('live')
    expect(offsets(next.items)).toEqual([6, 7, 8])
  })

  test('[G2] joins a page to the recent items without hole or overlap', () => {
    const read = page({ items: items(3, 6), head: 6, coveredTo: 6 })
    expect(offsets(stitch(tailAt(5, 8), 2, read).items)).toEqual([3, 4, 5, 6, 7, 8])
  })

  test('[G3] leaves to the room what the tail has not emitted yet', () => {
    const read = page({ items: items(3, 9), head: 9, coveredTo: 9 })
    const next = stitch(tailAt(5, 8), 2, read)
    expect(offsets(next.items)).toEqual([3, 4, 5, 6, 7, 8])
    expect(next).toMatchObject({ kind: 'live', upTo: 8 })
  })

  test('[G2] reads on when the page does not reach the recent items', () => {
    const read = page({ items: items(1, 3), head: 9, coveredTo: 3 })
    expect(stitch(tailAt(5, 8), 0, read)).toMatchObject({ kind: 'page', upTo: 3 })
  })

  test('[G2] counts offsets that are gone as covered', () => {
    const read = page({ items: [item(2)], head: 8, coveredTo: 8 })
    const next = stitch(tailAt(8, 8), 1, read)
    expect(next.kind).toBe('live')
    expect(offsets(next.items)).toEqual([2])
  })
})
