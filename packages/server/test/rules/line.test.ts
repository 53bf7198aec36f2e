/*
 * A line in which the smallest number comes first.
 * Ids: P-SHARE
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLine, enterLine, firstInLine, leaveLine } from '../../src/rules/line.ts'

test('[P-SHARE] the smallest leaves first, equal ones as they came, whatever comes and goes in between', () => {
  const step = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant('leave' as const))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const line = createLine<number>()
      let model: { readonly key: number; readonly at: number }[] = []
      for (const [key, at] of steps.entries()) {
        if (at === 'leave') {
          leaveLine(line)
          model = model.slice(1)
        } else {
          enterLine(line, key, at)
          model.push({ key, at })
          // Sorting keeps the order of equal ones.
          model.sort((one, other) => one.at - other.at)
        }
        expect(line.places.length).toBe(model.length)
        expect(firstInLine(line) ?? null).toEqual(
          model[0] === undefined ? null : expect.objectContaining(model[0]),
        )
      }
    }),
  )
})
