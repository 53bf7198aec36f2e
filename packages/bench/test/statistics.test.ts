import { describe, expect, test } from 'vitest'
import { compare, median, noiseOf, percentile, spreadOf, verdictOf } from '../src/index.ts'

describe('[BN1] statistics', () => {
  test.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[7], 7],
  ])('[BN1] the median of %j is %d', (values, middle) => {
    expect(median(values)).toBe(middle)
  })

  test('[BN1] percentiles lie between their neighbours, and nothing has none', () => {
    const hundred = Array.from({ length: 101 }, (_, at) => at)
    expect(percentile(hundred, 99)).toBe(99)
    expect(percentile([10, 20], 75)).toBe(17.5)
    expect(median([])).toBeNaN()
  })

  test('[BN1] a spread leaves its values as they are', () => {
    const values = [5, 1, 3]
    expect(spreadOf(values)).toEqual({ median: 3, min: 1, max: 5 })
    expect(values).toEqual([5, 1, 3])
  })

  test('[BN1] pairs are compared one by one, not median against median', () => {
    expect(compare([2, 30], [1, 10], 'ratio')).toEqual([2, 3])
    expect(compare([2, 30], [1, 10], 'difference')).toEqual([1, 20])
  })

  test('[BN1] noise is how bare scatters around itself, and more pairs make it smaller', () => {
    const four = noiseOf([0.9, 1.1, 0.9, 1.1], 'ratio')
    expect(four).toBeCloseTo(2 * 0.1 * 1.858 * 0.5, 2)
    expect(
      noiseOf(
        Array.from({ length: 16 }, (_, at) => 1 + (at % 2 ? 0.1 : -0.1)),
        'ratio',
      ),
    ).toBeCloseTo(four / 2)
    expect(noiseOf([-20, 20, 20, -20], 'difference')).toBeCloseTo(20 * 1.858, 1)
    expect(noiseOf([1, 1, 1], 'ratio')).toBe(0)
  })

  test.each([
    [1.05, 0.02, 'met'],
    [1.06, 0.02, 'not met, within noise'],
    [1.08, 0.02, 'not met'],
    [Number.NaN, 0.02, 'not met'],
  ])('[BN1] %d with noise %d against at most 1.05 is %s', (value, noise, verdict) => {
    expect(verdictOf(value, { atMost: 1.05 }, noise)).toBe(verdict)
  })

  test.each([
    [0.8, 0.02, 'met'],
    [0.79, 0.02, 'not met, within noise'],
    [0.7, 0.02, 'not met'],
    [Number.NaN, 0.02, 'not met'],
  ])('[BN1] %d with noise %d against at least 0.8 is %s', (value, noise, verdict) => {
    expect(verdictOf(value, { atLeast: 0.8 }, noise)).toBe(verdict)
  })
})
