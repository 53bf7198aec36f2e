import type { LoadCommands } from './load/main.ts'
import { compare, noiseOf, type Spread, spreadOf, type Verdict, verdictOf } from './statistics.ts'
import type { Worker } from './workers.ts'
import { type Bench, type Figures, type Metric, startBench, type Workload } from './workloads/workload.ts'

/** The same work on three servers in turn: the base, the subject, and the base once more to know the noise. */
export interface Round {
  readonly base: Figures
  readonly subject: Figures
  readonly again: Figures
}

const COLUMNS = ['base', 'subject', 'again'] as const satisfies readonly (keyof Round)[]

/** One line of the result. */
export interface Row {
  readonly metric: Metric
  readonly base: number
  readonly subject: number
  /** The subject against the mean of the two runs of the base, round by round. */
  readonly against: Spread
  /** The base against itself, pair by pair. */
  readonly noise: Spread
  readonly verdict: Verdict | null
}

export async function runRounds(
  workload: Workload,
  rounds: number,
  load: Worker<LoadCommands>,
): Promise<Round[]> {
  const perProcess = workload.roundsPerProcess ?? rounds
  const done: Round[] = []
  while (done.length < rounds) {
    const count = Math.min(perProcess, rounds - done.length)
    done.push(...(await runGeneration(workload, done.length, count, load)))
  }
  return done
}

/** So many rounds on servers that are started for them. */
async function runGeneration(
  workload: Workload,
  first: number,
  count: number,
  load: Worker<LoadCommands>,
): Promise<Round[]> {
  const benches: Bench[] = []
  try {
    for (const column of COLUMNS) {
      benches.push(await startBench(workload.sides, column === 'subject' ? 'subject' : 'base', load))
    }
    const lanes = []
    for (const bench of benches) lanes.push(await workload.prepare(bench))
    const done: Round[] = []
    for (let at = 0; at < count; at++) done.push(await runRound(workload, lanes, first + at))
    for (const { url } of benches) await load.call('leave', url)
    return done
  } finally {
    await Promise.all(benches.map((bench) => bench.stop()))
  }
}

type Lanes = readonly Awaited<ReturnType<Workload['prepare']>>[]

/**
 * In which order the servers take their turns, round by round: each in every place equally often, and none
 * twice in a row, because a process that has just run finds its caches warm.
 */
const ORDERS = ['012', '021', '201', '210', '120', '102'].map((order) => [...order].map(Number))

/** Step by step, each step on one server after the other. */
async function runRound(workload: Workload, lanes: Lanes, round: number): Promise<Round> {
  const figures: Figures[] = COLUMNS.map(() => ({}))
  const order = ORDERS[round % ORDERS.length] ?? []
  for (const at of lanes[0]?.keys() ?? []) {
    for (const column of order) {
      figures[column] = { ...figures[column], ...(await lanes[column]?.[at]?.()) }
    }
  }
  const [base = {}, subject = {}, again = {}] = figures.map((all) => ({ ...all, ...workload.derive?.(all) }))
  return { base, subject, again }
}

export function rowsOf(workload: Workload, rounds: readonly Round[]): Row[] {
  return workload.metrics.map((metric) => {
    const column = (of: keyof Round) => rounds.map((round) => round[of][metric.key] ?? Number.NaN)
    const base = column('base')
    const subject = column('subject')
    const again = column('again')
    const between = base.map((figure, round) => (figure + (again[round] ?? Number.NaN)) / 2)
    const against = spreadOf(compare(subject, between, metric.compared))
    const twice = compare(again, base, metric.compared)
    const { target } = metric
    return {
      metric,
      base: spreadOf(base).median,
      subject: spreadOf(subject).median,
      against,
      noise: spreadOf(twice),
      verdict: target === null ? null : verdictOf(against.median, target, noiseOf(twice, metric.compared)),
    }
  })
}
