import { describe, expect, it } from 'vitest'
import {
  type Counted,
  count,
  createGuard,
  endWindow,
  forget,
  type Guard,
  type Verdict,
} from '../../src/rules/guard.ts'

const BOUNDS = {
  windowMs: 1_000,
  requestsPerSocket: 10,
  sendsPerSocket: 3,
  joinsPerSocket: 2,
  renewalsPerSocket: 1,
  listsPerSocket: 4,
}

function ask(guard: Guard<string>, times: number, what: Counted, now: number, key = 'a'): Verdict[] {
  return Array.from({ length: times }, () => count(guard, BOUNDS, key, what, now))
}

describe('[S23] what one socket may ask within a window', () => {
  it('each kind has a bound of its own, and all together have one', () => {
    const guard = createGuard<string>()
    const kinds = (verdicts: Verdict[]): string[] => verdicts.map(({ kind }) => kind)
    expect(kinds(ask(guard, 4, 'send', 0))).toEqual(['served', 'served', 'served', 'refused'])
    expect(kinds(ask(guard, 3, 'join', 0))).toEqual(['served', 'served', 'refused'])
    expect(kinds(ask(guard, 4, 'other', 0))).toEqual(['served', 'served', 'served', 'refused'])
    expect(kinds(ask(guard, 1, 'other', 0, 'b'))).toEqual(['served'])
  })

  it('a refusal says when the window ends, and then all is well', () => {
    const guard = createGuard<string>()
    ask(guard, 3, 'send', 200)
    expect(count(guard, BOUNDS, 'a', 'send', 500)).toEqual({ kind: 'refused', retryAfterMs: 700 })
    expect(count(guard, BOUNDS, 'a', 'send', 1_200)).toEqual({ kind: 'served' })
  })

  it.each([
    ['other', 10],
    ['send', 3],
    ['join', 2],
    ['renewal', 1],
    ['list', 4],
  ] as const)('[P-RATE] who goes on after twice as many is a nuisance: %s', (what, allowed) => {
    const kinds = ask(createGuard(), 2 * allowed + 1, what, 0).map(({ kind }) => kind)
    const refused = Array.from({ length: allowed }, () => 'refused')
    expect(kinds).toEqual([...refused.map(() => 'served'), ...refused, 'abuse'])
  })

  it('who sends far too much and then asks for something else is served that', () => {
    const guard = createGuard<string>()
    ask(guard, 8, 'send', 0)
    expect(count(guard, BOUNDS, 'a', 'join', 0)).toEqual({ kind: 'served' })
  })

  it('[G7] holds only who has asked in this window', () => {
    const guard = createGuard<string>()
    for (let n = 0; n < 1_000; n++) count(guard, BOUNDS, `${n}`, 'other', 0)
    forget(guard, '0')
    expect(guard.counts.size).toBe(999)
    count(guard, BOUNDS, 'late', 'other', 1_000)
    expect([...guard.counts.keys()]).toEqual(['late'])
  })

  it('[G7] holds nobody when the window is over, though nobody asks any more', () => {
    const guard = createGuard<string>()
    ask(guard, 3, 'send', 0)
    expect(endWindow(guard, BOUNDS, 999)).toBe(true)
    expect(count(guard, BOUNDS, 'a', 'send', 999).kind).toBe('refused')
    expect(endWindow(guard, BOUNDS, 1_000)).toBe(false)
    expect(guard.counts.size).toBe(0)
  })
})
