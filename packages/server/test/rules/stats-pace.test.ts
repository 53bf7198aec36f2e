import { describe, expect, test } from 'vitest'
import { createStatsPace, onStatsSent, waitBeforeStats } from '../../src/rules/stats-pace.ts'

const LIMITS = { minIntervalMs: 250, perClientMs: 1 }

describe('statistics', () => {
  test('[G7] go out at once on the first change', () => {
    expect(waitBeforeStats(createStatsPace(), LIMITS, 1, 0)).toBe(0)
  })

  test('[G7] then wait for the interval', () => {
    const pace = createStatsPace()
    onStatsSent(pace, 1_000)
    expect(waitBeforeStats(pace, LIMITS, 1, 1_100)).toBe(150)
    expect(waitBeforeStats(pace, LIMITS, 1, 1_250)).toBe(0)
  })

  test('[G7] wait longer the more clients there are, so that their cost per second has a bound', () => {
    const pace = createStatsPace()
    onStatsSent(pace, 0)
    for (const clients of [1_000, 10_000, 100_000]) {
      const messagesPerSecond = (clients * 1_000) / waitBeforeStats(pace, LIMITS, clients, 0)
      expect(messagesPerSecond).toBeLessThanOrEqual(1_000)
    }
  })
})
