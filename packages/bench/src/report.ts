import type { Row } from './rounds.ts'
import type { Comparison, Spread, Target } from './statistics.ts'
import type { Sides } from './workloads/workload.ts'

/** A Markdown table, its columns padded so that it reads well in a terminal too. */
export function tableOf({ base, subject }: Sides, rows: readonly Row[]): string {
  const against = (label: string): string => `${label} against ${base.label}`
  const headings = ['', base.label, subject.label, against(subject.label), against(base.label), 'target', '']
  const cells = [headings, ...rows.map(cellsOf)]
  const widths = headings.map((_, at) => Math.max(3, ...cells.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  const [head = [], ...body] = cells
  return [line(head), rule, ...body.map(line)].join('\n')
}

function cellsOf({ metric, base, subject, against, noise, verdict }: Row): string[] {
  const { label, unit, digits, compared, target } = metric
  const value = (figure: number) => `${figure.toFixed(digits)} ${unit}`.trim()
  return [
    label,
    value(base),
    value(subject),
    spreadText(against, compared),
    spreadText(noise, compared),
    target === null ? '' : targetText(target, compared),
    verdict ?? '',
  ]
}

function targetText(target: Target, how: Comparison): string {
  if ('atMost' in target) return `at most ${comparisonText(target.atMost, how)}`
  return `at least ${comparisonText(target.atLeast, how)}`
}

function spreadText({ median, min, max }: Spread, how: Comparison): string {
  // Against nothing at all.
  if (!Number.isFinite(median)) return '–'
  return `**${comparisonText(median, how)}** (${comparisonText(min, how)} to ${comparisonText(max, how)})`
}

function comparisonText(value: number, how: Comparison): string {
  if (how === 'ratio') return `${value.toFixed(2)}×`
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(0)} B`
}
