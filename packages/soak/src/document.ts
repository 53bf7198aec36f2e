import { availableParallelism } from 'node:os'
import type { ChurnResult } from './churn.ts'
import type { ReplayResult } from './replay.ts'
import { aliveTable, churnTable, megabytes, replayTable } from './report.ts'

export interface Results {
  readonly churns: readonly ChurnResult[]
  readonly replays: readonly ReplayResult[]
  readonly complaints: readonly string[]
}

/** docs/MEMORY.md, whole: the program writes it, nobody edits it. */
export function documentOf({ churns, replays, complaints }: Results, date: Date): string {
  return `# Memory

What stays in memory when people come and go for an hour, and when somebody comes back to a million notifications.
Written by \`npm run soak\`.

- ${date.toISOString().slice(0, 10)}, Node ${process.version}, ${availableParallelism()} cores
- ${complaints.length === 0 ? 'everything is within its bounds' : `beyond the bounds: ${complaints.join('; ')}`}

${METHOD}

${GROWTH}

${[...churns.map(churnSection), ...replays.map(replaySection)].join('\n\n')}
`
}

const METHOD = `## How it is measured

- A server and its clients are a process each. Time goes faster in both: timers are due sooner and the clock agrees,
  so what the server does every minute (tidying up, saving cursors, asking where streams stand, pruning) happens as
  often as in the hour that is lived through.
- Nineteen clients stay: typed ones, ones on a socket of their own, and stock ones. They enter and leave channels that
  are used once, and lose their connection. Around them, sixteen at a time, come regulars who bring back their position,
  people who come once and never again, stock clients over polling and WebSocket, devices whose network is gone from one
  moment to the next, pairs who use a channel once, people who are cut off and miss something, namespaces for one visit,
  and some who ask for what is refused. The host sends, too: to everybody, to users who never come, to namespaces where
  nobody is. Each visit waits for what it came for.
- From time to time all visitors have left, a while passes, and both processes collect all garbage, their worker threads
  too. What is left is read. The growth is the slope over the second half of the run: the median over any two readings.
- A bound for bytes of objects is less than what the smallest object costs per visit: what is kept of each one would
  break it. A short run of the same, with a hook that keeps sockets and an application that keeps notifications, is
  a test of this.
- Records are counted in the heap itself, by the fields that they have. Those of before must be those of after, and
  none may be left when nobody is connected.`

const GROWTH = `## What may grow

- The log and the cursors, up to what the store is told to keep. The memory store runs with small bounds here, which
  are full before anything is measured. SQLite keeps its rows on the disk; of its file the two threads hold up to
  16 MiB each in page caches, which are part of _resident_ and fill with the file.
- Compiled code: V8 goes on compiling, and compiling again, as long as something is used. It is shown and not bounded.
- _Resident_ is what the process has of the machine. Allocators give back late or never, so its bound is wide.
- During a replay the server notes when it sent each page, as long as a heartbeat can prove something by it: about
  a byte for each notification, of the last minutes only.`

function churnSection(result: ChurnResult): string {
  const { plan, seconds, readings } = result
  const minutes = ((seconds * plan.speed) / 60).toFixed(0)
  const name = plan.store.kind === 'memory' ? 'the memory store' : 'SQLite'
  const [first, last] = [readings[0]?.file ?? 0, readings.at(-1)?.file ?? 0]
  const file = last === 0 ? '' : ` The file grew from ${megabytes(first)} to ${megabytes(last)}.`
  return `## ${plan.visits.toLocaleString('en')} visits on ${name}

Ten visits for each second of an hour, in ${(seconds / 60).toFixed(1)} minutes; by the clock of the server ${minutes}
minutes passed. ${readings.length} readings.${file}

${churnTable(result)}

${aliveTable(result)}`
}

function replaySection(result: ReplayResult): string {
  const { plan, seconds, fileBytes, readings } = result
  const count = plan.items.toLocaleString('en')
  const reader = plan.reader === 'typed' ? 'the typed client' : 'a stock client'
  const rate = Math.round(plan.items / seconds / 1_000)
  return `## ${count} missed notifications for ${reader}

On SQLite, ${megabytes(fileBytes)} on the disk. All came, in order, behind pages, in ${seconds.toFixed(1)} seconds: about
${rate} thousand a second. ${readings.length} readings in the midst of it.

${replayTable(result)}`
}
