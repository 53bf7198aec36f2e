import { describe, expect, test } from 'vitest'
import { createNotificationIds } from '../../src/rules/notification-id.ts'

describe('ids', () => {
  test('[P-ID] begin with seconds and milliseconds as on the protocol page', () => {
    expect(createNotificationIds('node')(1_749_290_400_123)).toMatch(/^n_1749290400\.123-/)
    expect(createNotificationIds('node')(1_749_290_400_007)).toMatch(/^n_1749290400\.007-/)
  })

  test('[P-ID] are unique however many are made in one millisecond, and when the clock goes back', () => {
    const next = createNotificationIds('node')
    const ids = new Set<string>()
    for (let at = 0; at < 10_000; at++) ids.add(next(1_749_290_400_123 - (at % 3)))
    expect(ids.size).toBe(10_000)
  })

  test('[P-ID] of two nodes never meet', () => {
    expect(createNotificationIds('a')(1)).not.toBe(createNotificationIds('b')(1))
  })
})
