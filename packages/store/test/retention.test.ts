import { describe, expect, it } from 'vitest'
import { RETENTION_DEFAULTS, RETENTION_NAMES, resolveRetention } from '../src/index.ts'

const DAY_MS = 24 * 3600 * 1000
const resolve = (options: object) => resolveRetention('theStore', options)

describe('[SR1] retention', () => {
  it('has the defaults that it names', () => {
    expect(RETENTION_DEFAULTS).toEqual({
      maxItemsPerStream: 10_000,
      maxAgeMs: 30 * DAY_MS,
      maxAwayMs: 180 * DAY_MS,
    })
    expect(resolve({})).toEqual(RETENTION_DEFAULTS)
    expect(RETENTION_NAMES).toEqual(['maxItemsPerStream', 'maxAgeMs', 'maxAwayMs'])
  })

  it.each([
    [{ maxAgeMs: 7 * DAY_MS }, 180 * DAY_MS],
    [{ maxAgeMs: 300 * DAY_MS }, 300 * DAY_MS],
    [{ maxAgeMs: Number.POSITIVE_INFINITY }, Number.POSITIVE_INFINITY],
    [{ maxAwayMs: 30 * DAY_MS }, 30 * DAY_MS],
    [{ maxAwayMs: Number.POSITIVE_INFINITY }, Number.POSITIVE_INFINITY],
  ])('keeps cursors for as long as notifications at least: %o', (options, maxAwayMs) => {
    expect(resolve(options)).toMatchObject({ ...options, maxAwayMs })
  })

  it.each([
    [
      { maxAwayMs: 29 * DAY_MS },
      /"maxAwayMs" must be at least "maxAgeMs", which is 2592000000: .*2505600000/,
    ],
    [{ maxAgeMs: Number.POSITIVE_INFINITY, maxAwayMs: DAY_MS }, /"maxAgeMs", which is Infinity/],
    [{ maxAwayMs: 0 }, /"maxAwayMs" must be a positive integer or Infinity, got 0/],
    [{ maxAwayMs: '1d' }, /"maxAwayMs" must be .*, got '1d'/],
  ])('refuses %o', (options, said) => {
    expect(() => resolve(options)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }))
    expect(() => resolve(options)).toThrow(said)
    expect(() => resolve(options)).toThrow(/^theStore: /)
  })
})
