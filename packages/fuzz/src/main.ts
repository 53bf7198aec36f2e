import { inspect, parseArgs } from 'node:util'
import { type Found, hunt } from './hunt.ts'

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    /** Of something that was found before. */
    path: { type: 'string', default: '' },
  },
})

/** A place is closed, and looked through, after so many scenarios. */
const RUNS = 200
const MINUTE_MS = 60_000

const first = wholeNumber('seed', values.seed)
const limitMs = Number(values.minutes) * MINUTE_MS
if (!(limitMs > 0)) throw new Error(`--minutes: a positive number, not "${values.minutes}"`)

console.log(`seed ${first}, ${values.minutes} minutes`)
const found = await search()
if (found === null) console.log('found: nothing')
else tell(found)
process.exit(found === null ? 0 : 1)

async function search(): Promise<Found | null> {
  const start = performance.now()
  let executions = 0
  let told = 0
  for (let seed = first; ; seed++) {
    const leftMs = limitMs - (performance.now() - start)
    if (leftMs <= 0) break
    const result = await hunt({ seed, runs: RUNS, limitMs: leftMs, path: seed === first ? values.path : '' })
    executions += result.executions
    const minutes = Math.floor((performance.now() - start) / MINUTE_MS)
    const isEnd = result.found !== null || leftMs <= 0
    if (minutes > told || isEnd) console.log(`${minutes} min, seed ${seed}, ${executions} scenarios`)
    told = minutes
    if (result.found !== null) return result.found
    if (values.path !== '') break
  }
  console.log(`${executions} scenarios played, heap ${Math.round(process.memoryUsage().heapUsed / 1e6)} MB`)
  return null
}

function tell({ seed, path, error, scenario }: Found): void {
  console.log('found:', inspect(error))
  console.log('played:', inspect(scenario, { depth: 8, maxStringLength: 400, maxArrayLength: 20 }))
  const place = path === '' ? '' : ` --path ${path}`
  console.log(`the same again: npm run fuzz -- --seed ${seed}${place}`)
}

function wholeNumber(name: string, given: string): number {
  const number = Number(given)
  if (!Number.isSafeInteger(number)) throw new Error(`--${name}: a whole number, not "${given}"`)
  return number
}
