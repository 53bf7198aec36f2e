import { expect, test } from 'vitest'
import { tableOf } from '../src/report.ts'
import { type Round, rowsOf } from '../src/rounds.ts'
import { BARE_AND_CARILLON, type Metric, type Workload } from '../src/workloads/workload.ts'

const metric: Metric = {
  key: 'cpu',
  label: 'CPU',
  unit: 'µs',
  digits: 1,
  compared: 'ratio',
  target: { atMost: 1.05 },
}
const workload: Workload = {
  name: 'fanout',
  title: 'Fan-out',
  sides: BARE_AND_CARILLON,
  rounds: 3,
  metrics: [metric],
  prepare: () => Promise.reject(new Error('not measured here')),
}
const round = (base: number, subject: number, again: number): Round => ({
  base: { cpu: base },
  subject: { cpu: subject },
  again: { cpu: again },
})

test('[BN3] a row holds medians, the spread of the pairs, the noise and a verdict', () => {
  const [row] = rowsOf(workload, [round(10, 11, 10), round(20, 23, 20), round(12, 12, 12)])
  expect(row).toMatchObject({
    base: 12,
    subject: 12,
    against: { median: 1.1, min: 1, max: 1.15 },
    noise: { median: 1, min: 1, max: 1 },
    verdict: 'not met',
  })
})

test('[BN3] a figure that was not measured never meets its target', () => {
  const unmeasured = [{ base: {}, subject: {}, again: {} }]
  const most = { ...workload, metrics: [{ ...metric, target: { atLeast: 0.8 } }] }
  expect(rowsOf(workload, unmeasured)[0]?.verdict).toBe('not met')
  expect(rowsOf(most, unmeasured)[0]?.verdict).toBe('not met')
})

test('[BN3] the table has one line for each metric, in columns of one width', () => {
  const lines = tableOf(BARE_AND_CARILLON, rowsOf(workload, [round(10, 10, 11)])).split('\n')
  expect(lines).toHaveLength(3)
  expect(new Set(lines.map((line) => line.length)).size).toBe(1)
  expect(lines[2]).toMatch(
    /CPU .*10\.0 µs.*\*\*0\.95×\*\* \(0\.95× to 0\.95×\).*\*\*1\.10×\*\*.*at most 1\.05×.* met/,
  )
})

test('[BN3] the columns are called what the workload compares, and a target may be a least', () => {
  const sides = {
    base: { label: 'memory', program: 'carillon' },
    subject: { label: 'SQLite', program: 'carillon' },
  } as const
  const least = { ...workload, metrics: [{ ...metric, target: { atLeast: 0.8 } }] }
  const table = tableOf(sides, rowsOf(least, [round(10, 7, 10)]))
  expect(table).toMatch(/memory +\| SQLite +\| SQLite against memory +\| memory against memory /)
  expect(table).toMatch(/\*\*0\.70×\*\*.*at least 0\.80×.* not met/)
})
