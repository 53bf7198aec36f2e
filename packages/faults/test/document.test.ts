import { expect, test } from 'vitest'
import { documentOf } from '../src/document.ts'

test('[FC3] the document has a row for each outcome, with whatever numbers it has', () => {
  const verdict = { violations: [], facts: { confirmed: 5_000, healedMs: 12 } }
  const scenario = { rows: ['R01', 'R02'], title: 'connections are cut', run: async () => verdict }
  const outcome = { name: 'cuts', scenario, store: 'sqlite', verdict, seconds: 7.4 }
  const document = documentOf([outcome, { ...outcome, store: 'redis' }], 20, new Date('2026-11-20T12:00:00Z'))
  expect(document).toContain('- 2026-11-20, Node ')
  expect(document.split('\n').filter((line) => line.includes('`cuts`'))).toEqual([
    '| R01, R02 | `cuts`: connections are cut | sqlite | confirmed 5,000; healed ms 12 | 0          | 7 s  |',
    '| R01, R02 | `cuts`: connections are cut | redis  | confirmed 5,000; healed ms 12 | 0          | 7 s  |',
  ])
  expect(document).not.toContain('## Violations')
})

test('[FC3] what was violated is told', () => {
  const verdict = { violations: [{ invariant: 'I1' as const, what: '7 never came' }], facts: {} }
  const scenario = { rows: ['R01'], title: 'connections are cut', run: async () => verdict }
  const outcome = { name: 'cuts', scenario, store: 'sqlite', verdict, seconds: 1 }
  expect(documentOf([outcome], 20, new Date())).toContain(
    '\n## Violations\n\n- `cuts` on sqlite: I1, 7 never came\n',
  )
})
