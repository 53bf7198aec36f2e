import type { Parts } from './parts.ts'
import { REMIND } from './scripts/registry.ts'
import { callScript } from './wire.ts'

/**
 * Has streams visited by prune at a time or earlier.
 *
 * @param pairs a stream and its time, and so on
 */
export async function remind({ wire, names }: Parts, pairs: readonly string[]): Promise<void> {
  await callScript(wire, REMIND, { keys: [names.registry], args: pairs })
}
