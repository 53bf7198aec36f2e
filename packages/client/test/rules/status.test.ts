import { expect, test } from 'vitest'
import { type ConnectionStatus, nextStatus, type StatusEvent } from '../../src/rules/status.ts'

const STATUSES = ['connecting', 'connected', 'reconnecting', 'suspended', 'closed'] as const
const EVENTS = ['opened', 'confirmed', 'dropped', 'ended', 'exhausted', 'asked', 'closed'] as const

test('[CL1] every event in every status leads to a status, and closed is final', () => {
  for (const status of STATUSES) {
    for (const event of EVENTS) {
      expect(STATUSES).toContain(nextStatus(status, event))
      expect(nextStatus('closed', event)).toBe('closed')
    }
    expect(nextStatus(status, 'closed')).toBe('closed')
  }
})

test.each<[ConnectionStatus, StatusEvent, ConnectionStatus]>([
  ['connecting', 'opened', 'connecting'],
  ['connecting', 'confirmed', 'connected'],
  ['connecting', 'dropped', 'connecting'],
  ['connected', 'dropped', 'reconnecting'],
  ['connected', 'ended', 'suspended'],
  ['reconnecting', 'opened', 'reconnecting'],
  ['reconnecting', 'confirmed', 'connected'],
  ['reconnecting', 'exhausted', 'suspended'],
  ['suspended', 'asked', 'connecting'],
  ['suspended', 'opened', 'connecting'],
  ['connected', 'asked', 'connected'],
])('[CL1] %s, %s: %s', (status, event, next) => {
  expect(nextStatus(status, event)).toBe(next)
})
