import { expect, test } from 'vitest'
import { renewAfter, renewAgainAfter, shareOf } from '../../src/rules/renewal.ts'

test.each([
  ['an hour', 3_600_000, 2_880_000],
  ['half a minute', 30_000, 24_000],
  ['ten seconds: five of them in reserve', 10_000, 5_000],
  ['two seconds: half of them', 2_000, 1_000],
  ['less than a second', 300, 500],
  ['nothing', 0, 500],
  ['more than a timer can hold', 90 * 24 * 3_600_000, 2 ** 31 - 1],
])('[CL15] what lasts %s is renewed in time, and never in a rush', (_, lasts, after) => {
  expect(renewAfter(lasts)).toBe(after)
})

test('[CL15] a renewal is tried again while there is time, sooner as it runs out', () => {
  expect([1, 2, 3].map((refusals) => renewAgainAfter(refusals, 60_000, undefined))).toEqual([
    1_000, 2_000, 4_000,
  ])
  expect(renewAgainAfter(5, 4_000, undefined)).toBe(2_000)
  expect(renewAgainAfter(1, 100, undefined)).toBe(500)
})

test('[CL15] a server that says how long to wait is taken at its word', () => {
  expect(renewAgainAfter(1, 4_000, 9_000)).toBe(9_000)
  expect(renewAgainAfter(3, 60_000, 100)).toBe(4_000)
})

test('[CL15] one attempt takes half of the time that is left at most', () => {
  expect([shareOf(8_000), shareOf(10), shareOf(-5)]).toEqual([4_000, 500, 500])
})
