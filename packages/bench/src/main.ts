import { writeFileSync } from 'node:fs'
import { documentOf, type Result } from './document.ts'
import type { LoadCommands } from './load/main.ts'
import { type Options, parseOptions, type WorkloadName } from './options.ts'
import { tableOf } from './report.ts'
import { rowsOf, runRounds } from './rounds.ts'
import { startWorker } from './workers.ts'
import { deep } from './workloads/deep.ts'
import { fanout } from './workloads/fanout.ts'
import { heap } from './workloads/heap.ts'
import { hostile } from './workloads/hostile.ts'
import { replay } from './workloads/replay.ts'
import { send } from './workloads/send.ts'
import { sqlite } from './workloads/sqlite.ts'
import { storm } from './workloads/storm.ts'
import type { Workload } from './workloads/workload.ts'

const DOCUMENT = new URL('../../../docs/BENCHMARKS.md', import.meta.url)

/** Some are several: one on each store. */
const makers: Record<WorkloadName, (quick: boolean) => Workload | readonly Workload[]> = {
  fanout,
  send,
  storm,
  heap,
  sqlite,
  replay,
  deep,
  hostile,
}

const options = parseOptions(process.argv.slice(2))
const results = await runAll(options)
if (options.only === null && !options.quick) writeFileSync(DOCUMENT, documentOf(results, new Date()))

async function runAll({ only, pairs, quick }: Options): Promise<Result[]> {
  const load = startWorker<LoadCommands>('./load.js')
  try {
    const done: Result[] = []
    for (const [name, make] of Object.entries(makers)) {
      if (only !== null && only !== name) continue
      for (const workload of [make(quick)].flat()) {
        const wanted = pairs ?? workload.rounds
        const rows = rowsOf(workload, await runRounds(workload, wanted, load))
        console.log(`\n${workload.title}\n\n${tableOf(workload.sides, rows)}\n`)
        done.push({ workload, rounds: wanted, rows })
      }
    }
    if (quick) console.log('A quick run is too small to measure anything: it shows that both servers work.')
    return done
  } finally {
    await load.stop()
  }
}
