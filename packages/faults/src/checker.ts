import { grown, late, miscounted, regressed } from './checks/counts.ts'
import { ledgersOf } from './checks/ledger.ts'
import { judgeReader } from './checks/readers.ts'
import { disordered, doubled, invented, unkept } from './checks/sends.ts'
import type { Violation } from './checks/violation.ts'
import type { FinalLog, History } from './history.ts'

export type { Violation } from './checks/violation.ts'

/**
 * Judges a whole run after everything has healed.
 *
 * - I1: what was confirmed is in the log, and reached every reader who was entitled to it
 * - I2: each reader got a stream in the order of its offsets, and nothing was left out without a word; what was
 *   called one after the other lies one after the other
 * - I3: nothing twice; for stock clients, nothing twice that is not marked as replayed
 * - I4: one key, one notification
 * - I5: nothing that nobody sent
 * - I6: what has to heal did so in time
 * - I7: no exception that nobody caught
 * - I8: what a process holds has not grown
 * - I10: what was announced as pending followed, and cursors never went back
 */
export function violationsOf(history: History, logs: readonly FinalLog[]): Violation[] {
  const ledgerOf = ledgersOf(history, logs)
  const faults = history.faults ?? []
  return [
    ...unkept(history, ledgerOf),
    ...history.readers.flatMap((reader) => judgeReader(reader, ledgerOf(reader.stream))),
    ...disordered(history, ledgerOf),
    ...doubled(history, logs),
    ...invented(history),
    ...late(history),
    ...faults.map((what) => ({ invariant: 'I7' as const, what })),
    ...grown(history),
    ...miscounted(history, ledgerOf),
    ...regressed(history),
  ]
}
