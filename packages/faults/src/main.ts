import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { documentOf, type Outcome } from './document.ts'
import { prepareGround, STORE_KINDS } from './places.ts'
import { SCENARIOS } from './scenarios/table.ts'

const DOCUMENT = new URL('../../../docs/FAULTS.md', import.meta.url)

const { values } = parseArgs({
  options: {
    store: { type: 'string', multiple: true },
    scenario: { type: 'string', multiple: true },
    /** How often each fault happens. */
    times: { type: 'string', default: '20' },
  },
})

const stores = STORE_KINDS.filter((kind) => values.store?.includes(kind) ?? true)
const scenarios = Object.entries(SCENARIOS).filter(([name]) => values.scenario?.includes(name) ?? true)
const times = Number(values.times)

const outcomes: Outcome[] = []
for (const [name, scenario] of scenarios) {
  for (const store of stores) {
    if (scenario.stores?.includes(store) === false) continue
    const ground = await prepareGround(store)
    try {
      const began = performance.now()
      const verdict = await scenario.run(ground.place, times)
      outcomes.push({ name, scenario, store, verdict, seconds: (performance.now() - began) / 1000 })
      const { length } = verdict.violations
      console.log(`${name} on ${store}: ${length} violations ${JSON.stringify(verdict.facts)}`)
      for (const { invariant, what } of verdict.violations.slice(0, 10)) console.log(`  ${invariant} ${what}`)
    } finally {
      await ground.close()
    }
  }
}

// A part of the matrix is no result to keep.
if (values.store === undefined && values.scenario === undefined) {
  writeFileSync(DOCUMENT, documentOf(outcomes, times, new Date()))
}
process.exit(outcomes.some(({ verdict }) => verdict.violations.length > 0) ? 1 : 0)
