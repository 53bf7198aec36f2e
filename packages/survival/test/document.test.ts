import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { documentOf } from '../src/document.ts'
import { SETTINGS, type Setting } from '../src/settings.ts'
import type { Survey } from '../src/survey.ts'
import { fatesTable } from '../src/tables.ts'
import { measureThroughput, type Throughput } from '../src/throughput.ts'
import type { Trial } from '../src/trials.ts'
import { countText, fateOf, rangeText, ratioText } from '../src/words.ts'

const durability = { level: 'process', sentence: 'It is kept in /tmp/a/b.db: well.', warnings: [] } as const
const losses = (lost: number, confirmed = 1_000, lostMs = 850) => ({
  confirmed,
  lost,
  lostMs,
  isReadable: true,
})
const trial = (change: Partial<Trial>): Trial => ({
  fault: 'power',
  perCall: 1,
  durability,
  losses: [losses(0)],
  ...change,
})

function surveyOf(title: string, trials: readonly Trial[]): Survey {
  const setting: Setting = {
    title,
    program: null,
    prepare: () => Promise.reject(new Error('nobody prepares it')),
  }
  return { setting, durability, trials, complaints: [] }
}

test('[SV8] a fate is the worst of all trials', () => {
  const fate = (...all: Trial['losses'][]): string =>
    fateOf(
      surveyOf(
        'a',
        all.map((one) => trial({ losses: one })),
      ),
      'power',
    )
  expect(fate()).toBe('–')
  expect(fate([losses(0)], [losses(0)])).toBe('kept')
  expect(fate([losses(0)], [losses(0), losses(7)])).toBe('**the last 0.8 s lost**')
  const mayLose = { ...durability, sentence: 'It is lost with the power.' }
  expect(fateOf({ ...surveyOf('a', [trial({})]), durability: mayLose }, 'power')).toBe('kept this time')
  expect(fate([losses(7, 1_000, 20)])).toBe('**the last ones lost**')
  expect(fate([losses(7)], [losses(1_000)])).toBe('**all lost**')
})

test('[SV8] cells say how many are there, and what did not open', () => {
  expect(countText(losses(0))).toBe('1,000 of 1,000')
  expect(countText(losses(1))).toBe('**999 of 1,000**')
  expect(countText({ ...losses(1_000), isReadable: false })).toBe('**0 of 1,000**, did not open')
  expect(rangeText([losses(3), losses(1)])).toBe('**997 to 999 of 1,000**')
  expect(rangeText([losses(0), losses(0)])).toBe('1,000 of 1,000')
  expect(rangeText([losses(1), { ...losses(1_000), isReadable: false }])).toBe(
    '**0 to 999 of 1,000**, opened 1 times of 2',
  )
  expect(rangeText([{ ...losses(1_000), isReadable: false }])).toBe('**0 of 1,000**, did not open')
  expect([0.00237, 0.5, 12.34, 1234].map(ratioText)).toEqual(['0.0024×', '0.50×', '12×', '1,234×'])
})

test('[SV8] the page has every setting, and no path of the machine', () => {
  const surveys = [surveyOf('first', [trial({})]), surveyOf('second', [trial({ losses: [losses(2)] })])]
  const rates = { 'one by one': [10, 20], '64 in a call': [100, 100], '64 calls at once': [50, 60] }
  const throughput: Throughput = {
    rounds: 2,
    ratesOf: new Map(surveys.map(({ setting }) => [setting, { own: rates, memory: rates }])),
    syncMs: { median: 1, min: 0.5, max: 2 },
    load: { median: 3, min: 1, max: 4 },
  }
  const page = documentOf(surveys, throughput, { postgres: '15.1', redis: '7.0' }, new Date(0))
  expect(page).toContain(fatesTable(surveys))
  expect(page).toMatch(
    /^\| second +\| \*\*7\.5×\*\* \(5\.0× to 10×\) \| \*\*4\.0×\*\* \(3\.0× to 5\.0×\) \|$/m,
  )
  expect(page).toContain('“It is kept in …: well.”')
  expect(page).not.toContain('/tmp')
})

test('[SV8] docs/STORES.md was written for the settings that there are', () => {
  const page = readFileSync(new URL('../../../docs/STORES.md', import.meta.url), 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| '))
  const missing = Object.values(SETTINGS).filter(
    ({ title }) => !rows.some((row) => row.slice(2).trimStart().startsWith(title)),
  )
  expect(missing.map(({ title }) => title)).toEqual([])
})

test('[SV9] throughput is measured side by side, round by round', async () => {
  const settings = ['memory', 'sqlite-full'].flatMap((name) => SETTINGS[name] ?? [])
  const { ratesOf, syncMs } = await measureThroughput(settings, { rounds: 2, ms: 40 })
  expect([...ratesOf.keys()]).toEqual(settings)
  for (const { own, memory } of ratesOf.values()) {
    for (const rates of [...Object.values(own), ...Object.values(memory)]) {
      expect(rates).toHaveLength(2)
      expect(Math.min(...rates)).toBeGreaterThan(0)
    }
  }
  expect(syncMs.median).toBeGreaterThan(0)
}, 30_000)
