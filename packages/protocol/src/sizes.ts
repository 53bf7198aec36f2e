import { findJsonFault, isPlainObject } from './json.ts'
import type { LIMITS } from './limits.ts'
import type { Problem } from './problems.ts'
import { utf8Length } from './text.ts'

/*
 * What a request may hold at most, by limits that may be narrower than those of the protocol: a client looks before a
 * frame leaves, for one beyond what the transport takes ends the connection without a word, and a server looks again.
 */

/** Limits in force, by the names of the protocol. */
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

function textProblems(field: string, text: unknown, max: number): SizeProblem[] {
  const isLong = typeof text === 'string' && text.length > max
  return problemIf(isLong, { code: 'field-too-long', field, max, unit: 'characters' })
}

function problemIf(isProblem: boolean, problem: SizeProblem): SizeProblem[] {
  return isProblem ? [problem] : []
}
