import type { JsonObject, JsonValue } from '@carillon/protocol'
import type { Content } from '../port.ts'

/** The log must not change when its maker reuses the object that it sent. */
export function copyContent({ type, title, message, data, sender, kind, control }: Content): Content {
  const copy: Content = { type, title, message, data: data === null ? null : copyObject(data), sender }
  if (kind === undefined && control === undefined) return copy
  return {
    ...copy,
    ...(kind === undefined ? {} : { kind }),
    ...(control === undefined ? {} : { control: { ...control } }),
  }
}

/** Throws a RangeError on a cycle. */
function copyObject(object: JsonObject): JsonObject {
  // The spread makes every key an own one, `__proto__` too, so that the assignment below cannot set a prototype.
  const copy: Record<string, JsonValue> = { ...object }
  for (const key of Object.keys(copy)) {
    const member = copy[key]
    if (typeof member === 'object' && member !== null) copy[key] = copyValue(member)
  }
  return copy
}

function copyValue(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  return isList(value) ? value.map(copyValue) : copyObject(value)
}

function isList(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value)
}
