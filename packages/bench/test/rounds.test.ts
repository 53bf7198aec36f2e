import { expect, test } from 'vitest'
import { tableOf } from '../src/report.ts'
import { type Round, rowsOf } from '../src/rounds.ts'
import type { Metric, Workload } from '../src/workloads/workload.ts'

const metric: Metric = {
  key: 'cpu',
  label: 'CPU',
  unit: 'µs',
  digits: 1,
  compared: 'ratio',
  atMost: 1.05,
}
const workload: Workload = {
  name: 'fanout',
  title: 'Fan-out',
  rounds: 3,
  metrics: [metric],
  prepare: () => Promise.reject(new Error('not measured here')),
}
const round = (bare: number, carillon: number, again: number): Round => ({
  bare: { cpu: bare },
  carillon: { cpu: carillon },
  again: { cpu: again },
})

test('[BN3] a row holds medians, the spread of the pairs, the noise and a verdict', () => {
  const [row] = rowsOf(workload, [round(10, 11, 10), round(20, 23, 20), round(12, 12, 12)])
  expect(row).toMatchObject({
    bare: 12,
    carillon: 12,
    against: { median: 1.1, min: 1, max: 1.15 },
    noise: { median: 1, min: 1, max: 1 },
    verdict: 'not met',
  })
})

test('[BN3] a figure that was not measured never meets its target', () => {
  const [row] = rowsOf(workload, [{ bare: {}, carillon: {}, again: {} }])
  expect(row?.verdict).toBe('not met')
})

test('[BN3] the table has one line for each metric, in columns of one width', () => {
  const lines = tableOf(rowsOf(workload, [round(10, 10, 11)])).split('\n')
  expect(lines).toHaveLength(3)
  expect(new Set(lines.map((line) => line.length)).size).toBe(1)
  expect(lines[2]).toMatch(
    /CPU .*10\.0 µs.*\*\*0\.95×\*\* \(0\.95× to 0\.95×\).*\*\*1\.10×\*\*.*at most 1\.05×.* met/,
  )
})
