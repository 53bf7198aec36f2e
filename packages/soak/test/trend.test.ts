import { expect, test } from 'vitest'
import { secondHalf, slopeOf } from '../src/trend.ts'

const points = (...values: number[]) => values.map((value, index) => ({ at: index * 100, value }))

test('[SK1] the slope is the growth for each step', () => {
  expect(slopeOf(points(0, 500, 1_000, 1_500))).toBe(5)
  expect(slopeOf(points(7, 7, 7))).toBe(0)
  expect(slopeOf(points(300, 200, 100))).toBe(-1)
})

test('[SK1] a reading that is off does not move it', () => {
  expect(slopeOf(points(0, 0, 0, 90_000, 0, 0, 0, 0))).toBe(0)
})

test('[SK1] of nothing and of one reading there is no growth', () => {
  expect(slopeOf([])).toBe(0)
  expect(slopeOf(points(5))).toBe(0)
})

test('[SK1] the second half is at least as long as the first', () => {
  expect(secondHalf([1, 2, 3, 4])).toEqual([3, 4])
  expect(secondHalf([1, 2, 3])).toEqual([2, 3])
})
