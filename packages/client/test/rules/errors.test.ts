import { expect, test } from 'vitest'
import { readAnswer } from '../../src/rules/answers.ts'
import { isNotificationsError, NotificationsError, refusalError } from '../../src/rules/errors.ts'

test('[CL3] an answer is found as it is, behind null, and not in an error', () => {
  expect(readAnswer([{ ok: true, a: 1 }])).toEqual({ ok: true, value: { a: 1 } })
  expect(readAnswer([null, { ok: true, a: 1 }])).toEqual({ ok: true, value: { a: 1 } })
  expect(readAnswer([new Error('timeout')])).toBeNull()
  for (const strange of [[], ['ok'], [{}], [null], [[]], [{ ok: 'yes' }]])
    expect(readAnswer(strange)).toBeUndefined()
})

test('[CL3] a refusal is read whatever it lacks', () => {
  expect(readAnswer([{ ok: false }])).toEqual({
    ok: false,
    code: 'internal',
    errors: [],
    retryable: false,
    details: [],
  })
  const full = {
    ok: false,
    code: 'closing',
    errors: ['x'],
    retryable: true,
    retryAfterMs: 5,
    details: [{ code: 'closing' }, 1],
  }
  expect(readAnswer([full])).toEqual({ ...full, details: [{ code: 'closing' }] })
})

test('[CL3] the error of a refusal says what became of the request', () => {
  const refused = { ok: false, code: 'store-unavailable', errors: ['a', 'b'], retryable: true } as const
  const error = refusalError('sendNotification', {
    ...refused,
    details: [{ code: 'store-unavailable', outcome: 'unknown' }],
  })
  expect(error).toMatchObject({ outcome: 'unknown', retryable: true, message: 'sendNotification: a; b' })
  expect(error.errors).toEqual(['a', 'b'])
  expect(refusalError('x', { ...refused, details: [] }).outcome).toBe('refused')
})

test('[CL3] the guard knows an error of another copy of the package, and nothing else', () => {
  expect(isNotificationsError(new NotificationsError('timeout', 'x'))).toBe(true)
  const foreign = Object.assign(new Error('x'), { name: 'NotificationsError', code: 'timeout', errors: [] })
  expect(isNotificationsError(foreign)).toBe(true)
  for (const other of [new Error('x'), null, 'x', { name: 'NotificationsError', code: 'x', errors: [] }])
    expect(isNotificationsError(other)).toBe(false)
})
