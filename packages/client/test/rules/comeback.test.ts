import { expect, test } from 'vitest'
import { comebackDelay, endsForNow } from '../../src/rules/comeback.ts'

test.each([
  ['token-expired', true, true],
  ['token-expired', false, false],
  ['hook-failed', false, true],
  ['unauthenticated', true, false],
  ['disconnected', true, false],
  [undefined, true, false],
])('[CL1] whether an end is for now: %s, with an auth to ask %j', (code, isAskable, isForNow) => {
  expect(endsForNow(code, isAskable)).toBe(isForNow)
})

test('[CL1] coming back takes longer from time to time, up to a bound, and not for all at once', () => {
  const backoff = { delayMs: 1_000, maxDelayMs: 5_000, jitter: 0.5 }
  expect([0, 1, 2, 3].map((attempts) => comebackDelay(attempts, backoff, 0.5))).toEqual([
    1_000, 2_000, 4_000, 5_000,
  ])
  expect([0, 0.99].map((chance) => comebackDelay(0, backoff, chance))).toEqual([500, 1_490])
})
