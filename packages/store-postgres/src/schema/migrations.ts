import { append1 } from './append-1.ts'
import { cursors1 } from './cursors-1.ts'
import { cursors2 } from './cursors-2.ts'
import { life1 } from './life-1.ts'
import { prune1 } from './prune-1.ts'
import { tables1 } from './tables-1.ts'

/** Makes the SQL of one version for a quoted schema. */
type Migration = (schema: string) => string

/**
 * Never changed once released, only added to. Nodes of the release before go on while a new one migrates, so a
 * function that changes gets another number, and a column that goes is first no longer used.
 */
export const MIGRATIONS: readonly Migration[] = [
  (schema) => [tables1, append1, cursors1, life1, prune1].map((part) => part(schema)).join('\n'),
  cursors2,
]
