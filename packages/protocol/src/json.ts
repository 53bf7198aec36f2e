import { LIMITS } from './limits.ts'
import { isStorableText, utf8Length } from './text.ts'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
export type JsonObject = { readonly [key: string]: JsonValue }

/** Why a value cannot travel as the `data` of a notification. */
export type JsonFault =
  | { readonly code: 'too-deep'; readonly max: number }
  | { readonly code: 'too-many-keys'; readonly max: number }
  | { readonly code: 'too-large'; readonly max: number }
  | { readonly code: 'ill-formed' }
  | { readonly code: 'not-json' }

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Rough sizes of what was found faultless, so that nobody has to measure it again. */
const SIZES = new WeakMap<object, number>()

/** Rough size in bytes of a value that {@link findJsonFault} has passed; 0 for any other. */
export function measuredSize(value: object): number {
  return SIZES.get(value) ?? 0
}

/** How much of a value is allowed. */
export interface JsonBounds {
  readonly dataBytes: number
  readonly dataDepth: number
  readonly dataKeys: number
}

interface Measure {
  readonly bounds: JsonBounds
  bytes: number
  values: number
  /** Containers that are still to be looked into, and how deep each lies. */
  readonly open: (readonly unknown[] | Readonly<Record<string, unknown>>)[]
  readonly depths: number[]
}

/** What a value takes besides its text: quotes, a comma, the digits of a number. */
const BYTES_PER_VALUE = 8

/**
 * Looks for the first fault of a value that came over the network. Iterative on purpose: a few kilobytes of
 * nested brackets overflow the stack of anything recursive, `JSON.stringify` included.
 */
export function findJsonFault(root: unknown, bounds: JsonBounds = LIMITS): JsonFault | undefined {
  const measure: Measure = { bounds, bytes: 0, values: 0, open: [], depths: [] }
  const fault = lookAt(measure, root, 1) ?? lookInside(measure)
  if (fault === undefined && typeof root === 'object' && root !== null) SIZES.set(root, measure.bytes)
  return fault
}

function lookInside(measure: Measure): JsonFault | undefined {
  for (let next = measure.open.pop(); next !== undefined; next = measure.open.pop()) {
    const depth = (measure.depths.pop() ?? 0) + 1
    const fault = isList(next) ? lookAtAll(measure, next, depth) : lookAtMembers(measure, next, depth)
    if (fault !== undefined) return fault
  }
  return undefined
}

function lookAtAll(measure: Measure, values: readonly unknown[], depth: number): JsonFault | undefined {
  measure.values += values.length
  if (measure.values > measure.bounds.dataKeys) return { code: 'too-many-keys', max: measure.bounds.dataKeys }
  for (const value of values) {
    const fault = lookAt(measure, value, depth)
    if (fault !== undefined) return fault
  }
  return undefined
}

function lookAtMembers(
  measure: Measure,
  object: Readonly<Record<string, unknown>>,
  depth: number,
): JsonFault | undefined {
  const names = Object.keys(object)
  if (isTrap(object, names)) return { code: 'not-json' }
  for (const name of names) {
    if (!isStorableText(name)) return { code: 'ill-formed' }
    measure.bytes += utf8Length(name)
    if (measure.bytes > measure.bounds.dataBytes) return { code: 'too-large', max: measure.bounds.dataBytes }
  }
  return lookAtAll(
    measure,
    names.map((name) => object[name]),
    depth,
  )
}

/** Harmless as own keys here, but a trap for whoever merges them: nobody sends them in good faith. */
function isTrap(object: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  if (names.includes('__proto__')) return true
  if (!names.includes('constructor')) return false
  const { constructor: value } = object
  return isPlainObject(value) && Object.hasOwn(value, 'prototype')
}

function lookAt(measure: Measure, value: unknown, depth: number): JsonFault | undefined {
  measure.bytes += BYTES_PER_VALUE
  if (typeof value === 'string') {
    if (!isStorableText(value)) return { code: 'ill-formed' }
    measure.bytes += utf8Length(value)
  } else if (Array.isArray(value) || isPlainObject(value)) {
    if (depth > measure.bounds.dataDepth) return { code: 'too-deep', max: measure.bounds.dataDepth }
    measure.open.push(value)
    measure.depths.push(depth)
  } else if (!isJsonScalar(value)) return { code: 'not-json' }
  return measure.bytes > measure.bounds.dataBytes
    ? { code: 'too-large', max: measure.bounds.dataBytes }
    : undefined
}

function isList(value: readonly unknown[] | Readonly<Record<string, unknown>>): value is readonly unknown[] {
  return Array.isArray(value)
}

function isJsonScalar(value: unknown): boolean {
  return value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
}
