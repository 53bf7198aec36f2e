import { parseArgs } from 'node:util'

export const WORKLOADS = ['fanout', 'send', 'storm', 'heap', 'sqlite', 'replay', 'deep', 'hostile'] as const
export type WorkloadName = (typeof WORKLOADS)[number]

export interface Options {
  readonly only: WorkloadName | null
  /** Rounds of every workload; `null` for what each thinks right. */
  readonly pairs: number | null
  /** Small sizes, one round: shows that all works, measures nothing. */
  readonly quick: boolean
}

/** Reads the command line; throws a sentence that says what is wrong. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== '--'),
    options: { only: { type: 'string' }, pairs: { type: 'string' }, quick: { type: 'boolean' } },
  })
  const only = values.only === undefined ? null : WORKLOADS.find((name) => name === values.only)
  if (only === undefined) throw new Error(`--only: ${WORKLOADS.join(', ')}; not "${values.only}"`)
  const quick = values.quick ?? false
  const pairs = values.pairs === undefined ? (quick ? 1 : null) : Number(values.pairs)
  if (pairs !== null && !(Number.isInteger(pairs) && pairs > 0)) {
    throw new Error(`--pairs: a positive whole number, not "${values.pairs}"`)
  }
  return { only, pairs, quick }
}
