import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { patternOf } from '../../src/rules/policies.ts'

describe('patterns of channels', () => {
  it.each([
    ['lobby', 'lobby', true],
    ['lobby', 'lobby2', false],
    ['orders:*', 'orders:', true],
    ['orders:*', 'orders:7:lines', true],
    ['orders:*', 'order:7', false],
    ['*:private', 'a:private', true],
    ['*:private', ':private!', false],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'acb', false],
    ['a*bb*b', 'abb', false],
    ['*', '', true],
    ['**', 'anything', true],
    ['a.c', 'abc', false],
    ['__proto__', 'constructor', false],
  ])('[G8] %s and %s: %s', (pattern, name, fits) => {
    expect(patternOf(pattern)(name)).toBe(fits)
  })

  it('[G8] fits what a regular expression would fit', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 6 })
    const name = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 })
    fc.assert(
      fc.property(part, name, (pattern, text) => {
        const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text)
        expect(patternOf(pattern)(text)).toBe(expected)
      }),
      { numRuns: 2_000 },
    )
  })
})
