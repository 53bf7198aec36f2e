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

/**
 * Looks for the first fault of a value that came over the network. Iterative on purpose: a few kilobytes of
 * nested brackets overflow the stack of anything recursive, `JSON.stringify` included.
 */
export function findJsonFault(root: unknown): JsonFault | undefined {
  const open: { value: unknown; depth: number }[] = [{ value: root, depth: 1 }]
  let keys = 0
  let bytes = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next
    if (typeof value === 'string') {
      if (!isStorableText(value)) return { code: 'ill-formed' }
      bytes += utf8Length(value) + 2
    } else if (Array.isArray(value) || isPlainObject(value)) {
      if (depth > LIMITS.dataDepth) return { code: 'too-deep', max: LIMITS.dataDepth }
      const members = Array.isArray(value) ? value : Object.values(value)
      keys += members.length
      if (keys > LIMITS.dataKeys) return { code: 'too-many-keys', max: LIMITS.dataKeys }
      if (!Array.isArray(value)) {
        for (const name of Object.keys(value)) {
          // Harmless as an own key here, but a trap for whoever merges it: nobody sends it in good faith.
          if (name === '__proto__') return { code: 'not-json' }
          if (!isStorableText(name)) return { code: 'ill-formed' }
          bytes += utf8Length(name) + 3
        }
      }
      for (const member of members) open.push({ value: member, depth: depth + 1 })
    } else if (!isJsonScalar(value)) return { code: 'not-json' }
    bytes += 8
    if (bytes > LIMITS.dataBytes) return { code: 'too-large', max: LIMITS.dataBytes }
  }
  return undefined
}

function isJsonScalar(value: unknown): boolean {
  return value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
}
