import { expect, test } from 'vitest'
import { createVerifier, type Verifier } from '../src/load/verify.ts'
import { nthNotification, SENDER } from '../src/work.ts'

const received = (n: number, changes: object = {}) => ({
  ...nthNotification(n),
  id: `n_1780826400.00${n}`,
  sender: SENDER,
  timestamp: '2026-06-07T10:00:00.000Z',
  offset: n + 1,
  ...changes,
})

function problemsOf(...payloads: unknown[]): Verifier['problems'] {
  const verifier = createVerifier()
  const expectation = { next: 0, lastOffset: 0 }
  for (const payload of payloads) verifier.check(expectation, payload)
  return verifier.problems
}

test('[BN4] what arrives as it was sent is no problem', () => {
  expect(problemsOf(received(0), received(1), received(2))).toEqual([])
})

test.each([
  ['a notification that is missing', [received(0), received(2)]],
  ['a double', [received(0), received(0)]],
  ['the wrong order', [received(1), received(0)]],
  ['another message', [received(0, { message: '' })]],
  ['another sender', [received(0, { sender: 'Mallory' })]],
  ['other data', [received(0, { data: { host: 'prod-01', metric: 'cpu', value: 9 } })]],
  ['more data', [received(0, { data: { ...nthNotification(0).data, extra: 1 } })]],
  ['an offset that stands still', [received(0, { offset: 1 }), received(1, { offset: 1 })]],
])('[BN4] %s is found', (_, payloads) => {
  expect(problemsOf(...payloads)).not.toEqual([])
})

test('[BN4] two clients must see one id', () => {
  const verifier = createVerifier()
  verifier.check({ next: 0, lastOffset: 0 }, received(0))
  verifier.check({ next: 0, lastOffset: 0 }, received(0, { id: 'n_1780826400.777' }))
  expect(verifier.problems[0]).toContain('two ids')
})
