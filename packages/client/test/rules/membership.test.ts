import { expect, test } from 'vitest'
import { nextMembership, retryDelay } from '../../src/rules/membership.ts'

test('[CL5] a subscription falls back to joining at a disconnect and never comes back from left', () => {
  expect(nextMembership('joining', 'confirmed')).toBe('joined')
  expect(nextMembership('joined', 'dropped')).toBe('joining')
  expect(nextMembership('joining', 'dropped')).toBe('joining')
  expect(nextMembership('joined', 'ended')).toBe('left')
  for (const event of ['confirmed', 'dropped', 'ended'] as const)
    expect(nextMembership('left', event)).toBe('left')
})

test('[CL5] a re-join that is refused for now is tried ever later, never sooner than the server wants', () => {
  expect([1, 2, 3, 4, 5, 6, 20].map((refusals) => retryDelay(refusals, undefined))).toEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
  ])
  expect(retryDelay(1, 5_000)).toBe(5_000)
  expect(retryDelay(6, 5_000)).toBe(30_000)
})
