import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  clearDeadline,
  createDeadlines,
  nextDeadline,
  setDeadline,
  takeEnded,
} from '../../src/rules/deadlines.ts'

describe('deadlines', () => {
  it('[G8] nothing ends early, everything ends within a second, and once', () => {
    const anEnd = fc.integer({ min: 0, max: 20_000 })
    const step = fc.oneof(
      fc.record({ set: fc.nat(5), end: fc.option(anEnd) }),
      fc.record({ clear: fc.nat(5) }),
      fc.record({ pass: fc.integer({ min: 0, max: 3_000 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const deadlines = createDeadlines<number>()
        const model = new Map<number, number>()
        let now = 0
        for (const move of steps) {
          if ('set' in move) {
            const end = move.end === null ? null : now + move.end
            setDeadline(deadlines, move.set, end)
            if (end === null) model.delete(move.set)
            else model.set(move.set, end)
          } else if ('clear' in move) {
            clearDeadline(deadlines, move.clear)
            model.delete(move.clear)
          } else {
            now += move.pass
            for (const item of takeEnded(deadlines, now)) {
              expect(model.get(item)).toBeLessThanOrEqual(now)
              model.delete(item)
            }
            for (const end of model.values()) expect(end).toBeGreaterThan(now - 1_000)
          }
          const next = nextDeadline(deadlines)
          if (model.size === 0) expect(next).toBeNull()
          else expect(next).toBeGreaterThanOrEqual(Math.min(...model.values()))
          expect(deadlines.ends.size).toBe(model.size)
        }
      }),
    )
  })

  it('[G7] holds nothing of what has ended or was cleared', () => {
    const deadlines = createDeadlines<string>()
    for (let n = 0; n < 1_000; n++) setDeadline(deadlines, `${n}`, n * 10)
    expect(deadlines.buckets.size).toBeLessThanOrEqual(11)
    for (let n = 0; n < 500; n++) clearDeadline(deadlines, `${n}`)
    expect(takeEnded(deadlines, 1e9)).toHaveLength(500)
    expect(deadlines.buckets.size + deadlines.ends.size).toBe(0)
  })
})
