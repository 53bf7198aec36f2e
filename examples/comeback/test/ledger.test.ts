import { expect, test } from 'vitest'
import { deathsOf, isWhole, lifeOf, newLedger, onArrival, onServed } from '../public/ledger.js'

type Ledger = ReturnType<typeof newLedger>

const from = (offset: number, number = offset, sender = 'a') => ({
  epoch: 'e',
  offset,
  tick: { sender, number },
})

const after = (...arrivals: ReturnType<typeof from>[]): Ledger => arrivals.reduce(onArrival, newLedger())

test('[CB10] offsets that follow each other are whole, wherever they begin', () => {
  const ledger = after(from(7, 1), from(8, 2), from(9, 1, 'b'), from(10, 3))
  expect(ledger).toMatchObject({ first: 7, last: 10, missing: [], doubled: 0 })
  expect(isWhole(ledger)).toBe(true)
})

test.each([
  ['an offset that did not come', [from(1), from(3, 2)], { missing: [2], doubled: 0 }],
  ['a notification that came twice', [from(1), from(2), from(2)], { missing: [], doubled: 1 }],
  ['a send that was lost', [from(1), from(2, 3)], { missing: ['a-2'], doubled: 0 }],
  ['a send that landed twice', [from(1), from(2, 1)], { missing: [], doubled: 1 }],
  ['one that came late', [from(1), from(3, 3), from(2, 2)], { late: 1 }],
])('[CB10] %s is seen', (_, arrivals, found) => {
  const ledger = after(...arrivals)
  expect(ledger).toMatchObject(found)
  expect(isWhole(ledger)).toBe(false)
})

test('[CB11] another log is judged from its beginning', () => {
  const ledger = onArrival(after(from(7), from(8)), { ...from(1, 9), epoch: 'other' })
  expect(ledger).toMatchObject({ first: 1, last: 1, missing: [], doubled: 0 })
})

test('[CB12] another process is a death, the same one after a reload is none', () => {
  const first = onServed(onServed(newLedger(), 100), 100)
  expect(deathsOf(first)).toBe(0)
  const second = onServed([from(1), from(2)].reduce(onArrival, first), 200)
  expect(deathsOf(second)).toBe(1)
  expect([1, 2, 3].map((offset) => lifeOf(second, offset))).toEqual([0, 0, 1])
})
