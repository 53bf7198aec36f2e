import { NotificationsStoreError } from './errors.ts'

/** What a developer gets who wrote an option wrongly: its name, what it may be, and what came. */
export function badOption(
  factory: string,
  name: string,
  expected: string,
  ...got: unknown[]
): NotificationsStoreError {
  const came = got.map((value) => `, got ${shown(value)}`).join('')
  return new NotificationsStoreError('BAD_OPTION', `${factory}: "${name}" must be ${expected}${came}`)
}

/** Throws on what is no object, and on an option that does not exist: a misspelled one would do nothing. */
export function checkOptionNames(factory: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw badOption(factory, 'options', 'an object', options)
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) throw badOption(factory, unknown, `one of ${known.join(', ')}`)
}

export function positiveOption(
  factory: string,
  name: string,
  given: number | undefined,
  byDefault: number,
  mayBeEndless = false,
): number {
  if (given === undefined) return byDefault
  if (mayBeEndless && given === Number.POSITIVE_INFINITY) return given
  if (Number.isSafeInteger(given) && given >= 1) return given
  throw badOption(
    factory,
    name,
    mayBeEndless ? 'a positive integer or Infinity' : 'a positive integer',
    given,
  )
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
