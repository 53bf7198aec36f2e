import { writeFileSync } from 'node:fs'
import { documentOf, type Result } from './document.ts'
import type { LoadCommands } from './load/main.ts'
import { type Options, parseOptions, type WorkloadName } from './options.ts'
import { tableOf } from './report.ts'
import { rowsOf, runRounds } from './rounds.ts'
import { startWorker } from './workers.ts'
import { fanout } from './workloads/fanout.ts'
import { heap } from './workloads/heap.ts'
import { send } from './workloads/send.ts'
import { storm } from './workloads/storm.ts'
import type { Workload } from './workloads/workload.ts'

const DOCUMENT = new URL('../../../docs/BENCHMARKS.md', import.meta.url)

const makers: Record<WorkloadName, (quick: boolean) => Workload> = { fanout, send, storm, heap }

const options = parseOptions(process.argv.slice(2))
const results = await runAll(options)
if (options.only === null && !options.quick) writeFileSync(DOCUMENT, documentOf(results, new Date()))

async function runAll({ only, pairs, quick }: Options): Promise<Result[]> {
  const load = startWorker<LoadCommands>('./load.js')
  try {
    const done: Result[] = []
    for (const [name, make] of Object.entries(makers)) {
      if (only !== null && only !== name) continue
      const workload = make(quick)
      const wanted = pairs ?? workload.rounds
      const rounds = await runRounds(workload, wanted, load)
      const rows = rowsOf(workload, rounds)
      console.log(`\n${workload.title}\n\n${tableOf(rows)}\n`)
      done.push({ workload, rounds: wanted, rows })
    }
    if (quick) console.log('A quick run is too small to measure anything: it shows that both servers work.')
    return done
  } finally {
    await load.stop()
  }
}
