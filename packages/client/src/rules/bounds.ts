import { LIMITS, type Limits, type SizeProblem } from '@carillon/protocol'

/*
 * A frame beyond what the transport takes ends the connection without a word. So sizes are looked at before anything
 * is emitted, by the bounds that the server has announced, and what is over them has the code that it would give.
 */

/** The limits in force: those of the protocol, as far as the server has not announced its own. */
export function limitsOf(announced: unknown): Limits {
  const numbers = Object.entries(Object(announced)).filter(([, value]) => typeof value === 'number')
  return { ...LIMITS, ...Object.fromEntries(numbers) }
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
