import { findJsonFault, isPlainObject, LIMITS, type Problem, utf8Length } from '@carillon/protocol'

/*
 * A frame beyond what the transport takes ends the connection without a word. So sizes are looked at before anything
 * is emitted, by the bounds that the server has announced, and what is over them has the code that it would give.
 */

/** What a request may hold at most, by the names of the protocol. */
export type Limits = { readonly [N in keyof typeof LIMITS]: number }

/** What is wrong with the size of a field. */
export type SizeProblem = Extract<
  Problem,
  {
    readonly code:
      | 'field-too-long'
      | 'field-range'
      | 'too-large'
      | 'too-deep'
      | 'too-many-keys'
      | 'ill-formed'
      | 'not-json'
  }
>

/** The limits in force: those of the protocol, as far as the server has not announced its own. */
export function limitsOf(announced: unknown): Limits {
  const numbers = Object.entries(Object(announced)).filter(([, value]) => typeof value === 'number')
  return { ...LIMITS, ...Object.fromEntries(numbers) }
}

/** Looks at whatever a notification holds; what is no text where text should be is the server's to judge. */
export function notificationProblems(notification: object, limits: Limits): SizeProblem[] {
  const fields: Readonly<Record<string, unknown>> = { ...notification }
  const { user }: Readonly<Record<string, unknown>> = Object(fields.to)
  const { ttl } = fields
  const max = limits.ttlSeconds
  return [
    ...nameProblems('channel', fields.channel, limits.channelNameBytes),
    ...textProblems('to.user', user, limits.identityLength),
    ...textProblems('title', fields.title, limits.titleLength),
    ...textProblems('message', fields.message, limits.messageLength),
    ...jsonProblems('data', fields.data, limits),
    ...textProblems('idempotencyKey', fields.idempotencyKey, limits.idempotencyKeyLength),
    ...problemIf(typeof ttl === 'number' && ttl > max, { code: 'field-range', field: 'ttl', min: 1, max }),
  ]
}

export function nameProblems(field: string, name: unknown, max: number): SizeProblem[] {
  const isLong = typeof name === 'string' && utf8Length(name) > max
  return problemIf(isLong, { code: 'field-too-long', field, max, unit: 'bytes' })
}

/** Looks at an object without recursion, as the server does. */
export function jsonProblems(field: string, value: unknown, limits: Limits): SizeProblem[] {
  const fault = isPlainObject(value) ? findJsonFault(value, limits) : undefined
  return fault === undefined ? [] : [{ ...fault, field }]
}

/** The sentence for a message: which field, and how much of it there may be. */
export function sizeSentence(problem: SizeProblem): string {
  if (!('max' in problem)) return `"${problem.field}" is no well-formed JSON`
  const unit = problem.code === 'field-too-long' ? problem.unit : UNITS[problem.code]
  return `"${problem.field}" may have at most ${problem.max} ${unit}`
}

const UNITS = {
  'field-range': 'seconds',
  'too-large': 'bytes',
  'too-deep': 'levels',
  'too-many-keys': 'values',
} as const

function textProblems(field: string, text: unknown, max: number): SizeProblem[] {
  const isLong = typeof text === 'string' && text.length > max
  return problemIf(isLong, { code: 'field-too-long', field, max, unit: 'characters' })
}

function problemIf(isProblem: boolean, problem: SizeProblem): SizeProblem[] {
  return isProblem ? [problem] : []
}
