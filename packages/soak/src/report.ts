import type { Alive, ChurnResult } from './churn.ts'
import type { Memory } from './process/memory.ts'
import type { ReplayResult } from './replay.ts'
import { churnTrends, replayTrends, type Trend } from './verdict.ts'

const NAMES: Readonly<Record<keyof Memory, string>> = {
  heap: 'objects',
  code: 'compiled code',
  threads: 'heaps of worker threads',
  outside: 'buffers',
  resident: 'resident',
  files: 'open files',
  handles: 'handles',
}

const COUNTED: readonly (keyof Memory)[] = ['files', 'handles']

/** What both processes held, and how much more with each thousand visits. */
export function churnTable(result: ChurnResult): string {
  return trendTable(churnTrends(result, false), 'per 1,000 visits')
}

export function replayTable(result: ReplayResult): string {
  const trends = replayTrends(result).filter(({ quantity }) => !COUNTED.includes(quantity))
  return trendTable(trends, 'per 1,000 notifications')
}

function trendTable(trends: readonly Trend[], per: string): string {
  // A process without threads has no row for them.
  const rows = trends.filter(({ last }) => last > 0).map((trend) => rowOf(trend))
  return tableOf([['process', 'what', 'first', 'middle', 'last', per, 'at most'], ...rows])
}

function rowOf({ process, quantity, first, middle, last, slope, atMost }: Trend): string[] {
  const isCount = COUNTED.includes(quantity)
  const shown = (value: number): string => (isCount ? String(value) : megabytes(value))
  const grown = (perStep: number): string =>
    isCount ? (perStep * 1_000).toFixed(0) : `${(perStep).toFixed(1)} kB`
  const bound = atMost === null ? 'no bound' : grown(atMost)
  return [process, NAMES[quantity], shown(first), shown(middle), shown(last), grown(slope), bound]
}

/** Records of the product that are alive, and the tables of Socket.IO. */
export function aliveTable({ before, amid, after, empty }: ChurnResult): string {
  const rows = (['server', 'clients', 'places'] as const).flatMap((where) =>
    Object.keys(before[where]).map((name) => [
      where === 'clients' ? 'clients' : 'server',
      name,
      ...[before, amid, after, empty].map((alive: Alive) => String(alive[where][name] ?? 0)),
    ]),
  )
  const head = ['process', 'alive', 'before', 'amid the visits', 'after', 'nobody there']
  return tableOf([head, ...rows])
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`
}

export function tableOf(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[], fill: string): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(' | ')} |`
  const rule = line(
    head.map(() => ''),
    '-',
  )
  return [line(head, ' '), rule, ...body.map((row) => line(row, ' '))].join('\n')
}
