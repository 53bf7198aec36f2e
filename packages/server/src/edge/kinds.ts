import { isKind, type Kinds, LIMITS } from '@carillon/protocol'
import type { KindSchema } from '../flows/ports.ts'
import { badOption, hasMethods } from './option-checks.ts'

const A_SCHEMA = 'a schema that speaks Standard Schema, version 1'

/**
 * The schemas by kind, in a map: whatever a client calls a kind, it finds only what the host has put there.
 *
 * @throws NotificationsError `BAD_OPTION`
 */
export function schemasOf(kinds: Kinds | undefined): ReadonlyMap<string, KindSchema> | undefined {
  if (kinds === undefined) return undefined
  return new Map(
    Object.entries(kinds).map(([kind, schema]) => {
      // Nobody could ever send one of another name.
      if (!isKind(kind))
        throw badOption('kinds', `named by text of 1 to ${LIMITS.kindLength} characters`, kind)
      if (!isStandard(schema)) throw badOption(`kinds.${kind}`, A_SCHEMA, schema)
      const { '~standard': standard } = schema
      return [kind, (data) => standard.validate(data)]
    }),
  )
}

/** Some libraries have objects for schemas, others functions. */
function isStandard(schema: unknown): boolean {
  const isHolder = typeof schema === 'function' || (typeof schema === 'object' && schema !== null)
  const standard: unknown = isHolder ? Reflect.get(schema, '~standard') : undefined
  return hasMethods(standard, ['validate']) && Reflect.get(Object(standard), 'version') === 1
}
