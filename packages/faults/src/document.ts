import { availableParallelism } from 'node:os'
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

What happens when things break: real server processes, real databases, real kills, under load. Written by
\`npm run faults\`.

- ${date.toISOString().slice(0, 10)}, Node ${process.version}, ${availableParallelism()} cores
- every fault happens ${times} times in a row

Two applications read a channel with the typed client, two others send to it with 16 sends in flight each. Everything
that they were handed and told is written down, and judged when all has healed: what was confirmed is in the log and
reached every reader (I1), in order and without a hole (I2), nothing twice (I3), one key one notification (I4), nothing
that nobody sent (I5), and no node had an exception that nobody caught (I7).

${tableOf(outcomes)}
`
}

function tableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ name, scenario, store, verdict, seconds }) => [
    `\`${name}\`: ${scenario.title}`,
    store,
    ...['deaths', 'confirmed', 'unknown', 'stored'].map((fact) => String(verdict.facts[fact] ?? '')),
    String(verdict.violations.length),
    `${seconds.toFixed(0)} s`,
  ])
  const head = ['scenario', 'store', 'deaths', 'confirmed', 'unknown', 'stored', 'violations', 'time']
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return lines.join('\n')
}
