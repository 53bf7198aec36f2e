import { inspect } from 'node:util'

/*
 * What a client said may come back in the errors of a hook or a database. In a log it must not pass for lines of
 * its own, move the cursor of a terminal, or fill the disk.
 */

const LONGEST_MESSAGE = 200
const LONGEST_VALUE = 1_000
const MOST_FRAMES = 20
const MOST_CAUSES = 5

/** Controls, marks that are not seen, line ends of any kind, halves of characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
const FRAME = /^ {4}at /

/** One line that shows what is not printable, and ends. */
export function lineOf(text: string, longest: number = LONGEST_MESSAGE): string {
  const kept = text.length > longest ? `${text.slice(0, longest)}…` : text
  return kept.replace(UNPRINTABLE, (unit) => `\\u{${unit.codePointAt(0)?.toString(16)}}`)
}

/** The same, as far as it can be told in a log: an error stays one, with its name, code, frames and cause. */
export function loggable(cause: unknown): unknown {
  try {
    return tame(cause, MOST_CAUSES)
  } catch {
    // A getter of it throws.
    return 'something that cannot be shown'
  }
}

function tame(value: unknown, causesLeft: number): unknown {
  if (value instanceof Error) return tameError(value, causesLeft)
  if (typeof value === 'string') return lineOf(value)
  if (typeof value !== 'object' || value === null) return value
  const shown = inspect(value, { depth: 1, maxStringLength: LONGEST_MESSAGE, maxArrayLength: 10 })
  return lineOf(shown, LONGEST_VALUE)
}

function tameError(error: Error, causesLeft: number): Error {
  const { cause } = error
  const message = lineOf(String(error.message))
  const name = lineOf(String(error.name))
  const tamed = new Error(message)
  if (name !== tamed.name) tamed.name = name
  tamed.stack = [`${name}: ${message}`, ...framesOf(error)].join('\n')
  const code: unknown = Reflect.get(error, 'code')
  if (typeof code === 'string' || typeof code === 'number') {
    Object.assign(tamed, { code: typeof code === 'string' ? lineOf(code) : code })
  }
  if (cause !== undefined && causesLeft > 0) tamed.cause = tame(cause, causesLeft - 1)
  return tamed
}

/** Where it was thrown. The message stands in front, and may contain lines that look the same. */
function framesOf({ message, stack }: Error): string[] {
  if (typeof stack !== 'string') return []
  const at = stack.indexOf(message)
  const behind = at === -1 ? '' : stack.slice(at + message.length)
  return behind
    .split('\n')
    .filter((line) => FRAME.test(line))
    .slice(0, MOST_FRAMES)
    .map((line) => lineOf(line, LONGEST_VALUE))
}
