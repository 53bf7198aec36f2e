import { availableParallelism } from 'node:os'
import type { Violation } from './checker.ts'
import type { Scenario, Verdict } from './scenarios/scenario.ts'

export interface Outcome {
  readonly name: string
  readonly scenario: Scenario
  readonly store: string
  readonly verdict: Verdict
  readonly seconds: number
}

/** docs/FAULTS.md, whole: the program writes it, nobody edits it. */
export function documentOf(outcomes: readonly Outcome[], times: number, date: Date): string {
  return `# Faults

What happens when things break: real server processes, real databases, real kills, a network that really fails. Written
by \`npm run faults\`.

- ${date.toISOString().slice(0, 10)}, Node ${process.version}, ${availableParallelism()} cores
- most faults happen ${times} times in a row; those that take seconds each happen less often
- SQLite commits with \`synchronous = FULL\`, PostgreSQL as it comes, Redis with \`appendfsync always\`

Applications send and read while it happens: with the typed client, with a stock socket.io-client, and where it is
installed with python-socketio, which shares no code with ours. Everything that they were handed and told is written
down, and judged when all has healed. A violation is one of these:

${paddedTable(['invariant', 'what holds'], Object.entries(INVARIANTS))}

Each check was seen to fail on something that is broken on purpose: stores that forget keys, confirm early, leave
holes, hide what is trimmed, turn order round or let cursors go back, and clients that forget where they stopped.

${tableOf(outcomes)}
${violationsIn(outcomes)}`
}

/** So many of each run are told. */
const TOLD = 10

function violationsIn(outcomes: readonly Outcome[]): string {
  const lines = outcomes.flatMap(({ name, store, verdict }) =>
    verdict.violations
      .slice(0, TOLD)
      .map(({ invariant, what }) => `- \`${name}\` on ${store}: ${invariant}, ${what}`),
  )
  return lines.length === 0 ? '' : `\n## Violations\n\n${lines.join('\n')}\n`
}

/** What is judged, by the names that violations have. */
const INVARIANTS: Readonly<Record<Violation['invariant'], string>> = {
  I1: 'what was confirmed is in the log, and reached every reader',
  I2: 'in order, without a hole, unless the reader was told; what was called in an order lies in that order',
  I3: 'nothing twice; for a stock client nothing twice on one connection, and later only marked `replayed`',
  I4: 'one key, one notification, and only one answer that it is new',
  I5: 'nothing that nobody sent',
  I6: 'everybody has everything soon after the fault has ended',
  I7: 'no exception that nobody caught',
  I8: 'what a process holds does not grow: connections, rooms, memory',
  I10: 'what is announced as pending is what the cursor was behind, and it follows; cursors never go back',
}

function tableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ name, scenario, store, verdict, seconds }) => [
    scenario.rows.join(', '),
    `\`${name}\`: ${scenario.title}`,
    store,
    factsOf(verdict),
    String(verdict.violations.length),
    `${seconds.toFixed(0)} s`,
  ])
  return paddedTable(['rows', 'scenario', 'store', 'what happened', 'violations', 'time'], rows)
}

/** As the formatter has tables, so that it has nothing to say about this one. */
function paddedTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, at) => Math.max(cell.length, ...rows.map((row) => row[at]?.length ?? 0)))
  const lineOf = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  const rule = widths.map((width) => '-'.repeat(width))
  return [head, rule, ...rows].map(lineOf).join('\n')
}

/** `{ healedMs: 12 }` is "healed ms 12". */
function factsOf({ facts }: Verdict): string {
  const words = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  const parts = Object.entries(facts).map(([name, value]) => `${words(name)} ${value.toLocaleString('en')}`)
  return parts.join('; ')
}
