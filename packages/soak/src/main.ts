import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type ChurnPlan, type ChurnResult, runChurn } from './churn.ts'
import type { ReaderKind } from './clients/replay.ts'
import { documentOf } from './document.ts'
import { type ReplayResult, runReplay } from './replay.ts'
import { aliveTable, churnTable, megabytes, replayTable } from './report.ts'
import { churnComplaints, replayComplaints } from './verdict.ts'

const DOCUMENT = new URL('../../../docs/MEMORY.md', import.meta.url)

const PARTS = ['memory', 'sqlite', 'typed', 'stock'] as const

/** Ten for each second of an hour. */
const VISITS = 36_000
const READINGS = 24
/** An hour in three minutes, if the machine can do it. */
const SPEED = 20
const ITEMS = 1_000_000

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    visits: { type: 'string', default: String(VISITS) },
    items: { type: 'string', default: String(ITEMS) },
  },
})
const wanted = PARTS.filter((part) => values.only?.includes(part) ?? true)
const [visits, items] = [Number(values.visits), Number(values.items)]

const churns: ChurnResult[] = []
const replays: ReplayResult[] = []
const complaints: string[] = []
const folder = await mkdtemp(join(tmpdir(), 'carillon-soak-'))
try {
  for (const part of wanted) {
    if (part === 'memory') await churn({ kind: 'memory' })
    else if (part === 'sqlite') {
      await churn({ kind: 'sqlite', file: join(folder, 'churn.db'), maxItemsPerStream: 1_000 })
    } else await replay(part)
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}

for (const complaint of complaints) console.log(`beyond its bound: ${complaint}`)
// A part of it, or a smaller one, is no result to keep.
if (values.only === undefined && visits === VISITS && items === ITEMS) {
  writeFileSync(DOCUMENT, documentOf({ churns, replays, complaints }, new Date()))
}
process.exit(complaints.length > 0 ? 1 : 0)

async function churn(store: ChurnPlan['store']): Promise<void> {
  const plan = { store, visits, interval: Math.ceil(visits / READINGS / 20) * 20, speed: SPEED }
  const result = await runChurn(plan, ({ visits: done, server, clients }) => {
    console.log(`${done} visits: server ${megabytes(server.heap)}, clients ${megabytes(clients.heap)}`)
  })
  churns.push(result)
  complaints.push(...churnComplaints(result, false).map((what) => `${store.kind}: ${what}`))
  console.log(`\n${store.kind}\n\n${churnTable(result)}\n\n${aliveTable(result)}\n`)
}

async function replay(reader: ReaderKind): Promise<void> {
  const plan = { file: join(folder, `${reader}.db`), items, interval: items / READINGS, reader }
  const result = await runReplay(plan, ({ items: done, server, clients }) => {
    console.log(`${done} items: server ${megabytes(server.heap)}, clients ${megabytes(clients.heap)}`)
  })
  replays.push(result)
  complaints.push(...replayComplaints(result).map((what) => `${reader}: ${what}`))
  console.log(`\n${reader}: ${result.seconds.toFixed(1)} s\n\n${replayTable(result)}\n`)
}
