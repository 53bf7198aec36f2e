import { typeNameOf } from '@carillon/protocol'
import { NotificationsError } from './errors.ts'

/** What an option may be, and how a message says so. */
export interface Expectation {
  readonly what: string
  readonly fits: (value: unknown) => boolean
}

export const A_FUNCTION: Expectation = { what: 'a function', fits: (value) => typeof value === 'function' }
export const A_STRING: Expectation = { what: 'a string', fits: (value) => typeof value === 'string' }
export const AN_OBJECT: Expectation = { what: 'an object', fits: isObject }

const A_BOUND: Expectation = {
  what: 'a positive integer',
  fits: (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 1,
}

/** @param methods what an object must be able to do to count as one */
export function hasMethods(value: unknown, methods: readonly string[]): boolean {
  return isObject(value) && methods.every((name) => typeof Reflect.get(value, name) === 'function')
}

/** Throws on the first option that is unknown or not what it must be. What is undefined counts as absent. */
export function checkOptions(
  options: unknown,
  expectations: Readonly<Record<string, Expectation>>,
  group?: string,
): void {
  if (!isObject(options)) throw badOption(group ?? 'options', AN_OBJECT.what, options)
  for (const [name, value] of Object.entries(options)) {
    const field = group === undefined ? name : `${group}.${name}`
    const expectation = Object.hasOwn(expectations, name) ? expectations[name] : undefined
    if (expectation === undefined) throw unknownOption(field, Object.keys(expectations))
    if (value !== undefined && !expectation.fits(value)) throw badOption(field, expectation.what, value)
  }
}

/** A group of bounds: the defaults, and over them what was given. */
export function boundsOf<Bounds extends Readonly<Record<string, number>>>(
  group: string,
  defaults: Bounds,
  given: { readonly [Name in keyof Bounds]?: number | undefined } = {},
): Bounds {
  const expectations = Object.fromEntries(Object.keys(defaults).map((name) => [name, A_BOUND]))
  checkOptions(given, expectations, group)
  const known = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(known) }
}

export function badOption(field: string, expected: string, got: unknown): NotificationsError {
  return new NotificationsError(
    'BAD_OPTION',
    `attachNotifications: "${field}" must be ${expected}, got ${shown(got)}`,
  )
}

function unknownOption(field: string, names: readonly string[]): NotificationsError {
  return new NotificationsError(
    'BAD_OPTION',
    `attachNotifications: unknown option "${field}"; the options are ${names.join(', ')}`,
  )
}

function shown(got: unknown): string {
  if (typeof got === 'string') return JSON.stringify(got)
  return typeof got === 'number' || typeof got === 'boolean' ? String(got) : typeNameOf(got)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
