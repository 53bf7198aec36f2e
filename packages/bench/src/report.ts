import type { Row } from './rounds.ts'
import type { Comparison, Spread } from './statistics.ts'

const HEADINGS = ['', 'bare', 'Carillon', 'Carillon against bare', 'bare against bare', 'target', '']

/** A Markdown table, its columns padded so that it reads well in a terminal too. */
export function tableOf(rows: readonly Row[]): string {
  const cells = [HEADINGS, ...rows.map(cellsOf)]
  const widths = HEADINGS.map((_, at) => Math.max(3, ...cells.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  const [head = [], ...body] = cells
  return [line(head), rule, ...body.map(line)].join('\n')
}

function cellsOf({ metric, bare, carillon, against, noise, verdict }: Row): string[] {
  const { label, unit, digits, compared, atMost } = metric
  const value = (figure: number) => `${figure.toFixed(digits)} ${unit}`.trim()
  return [
    label,
    value(bare),
    value(carillon),
    spreadText(against, compared),
    spreadText(noise, compared),
    atMost === null ? '' : `at most ${comparisonText(atMost, compared)}`,
    verdict ?? '',
  ]
}

function spreadText({ median, min, max }: Spread, how: Comparison): string {
  return `**${comparisonText(median, how)}** (${comparisonText(min, how)} to ${comparisonText(max, how)})`
}

function comparisonText(value: number, how: Comparison): string {
  if (how === 'ratio') return `${value.toFixed(2)}×`
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(0)} B`
}
