/** A process of its own that sends as fast as it can and prints what was confirmed, for `processes.test.ts`. */
import { postgresStore } from '../src/index.ts'
import { entries, stream } from './kit-entries.ts'

const [url = '', count = '0'] = process.argv.slice(2)
const store = postgresStore({ connectionString: url, maxConnections: 3 })
let left = Number(count)

async function send(): Promise<void> {
  while (left > 0) {
    const batch = entries(stream('devops'), Math.min(left, 3))
    left -= batch.length
    for (const outcome of await store.append(batch)) {
      if (outcome.outcome !== 'written') throw new Error(`not written: ${outcome.outcome}`)
      process.stdout.write(`${outcome.offset} ${outcome.id}\n`)
    }
  }
}

await Promise.all([send(), send(), send()])
await store.close()
