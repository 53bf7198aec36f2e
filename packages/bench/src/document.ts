import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { tableOf } from './report.ts'
import type { Row } from './rounds.ts'
import type { Workload } from './workloads/workload.ts'

export interface Result {
  readonly workload: Workload
  readonly rounds: number
  readonly rows: readonly Row[]
}

/** docs/BENCHMARKS.md, whole: the program writes it, nobody edits it. */
export function documentOf(results: readonly Result[], date: Date): string {
  return `# Benchmarks

Carillon beside bare Socket.IO doing the same work, and its stores beside each other. Written by \`npm run bench\`;
run it on your machine for your numbers.

${factsOf(date)}

${METHOD}

${results.map(sectionOf).join('\n\n')}
`
}

const METHOD = `## How it is measured

- Each server is a process of its own; the clients are raw WebSockets in another process. They check every frame:
  none missing, none twice, in order, with the content that was sent. One wrong frame fails the whole run.
  So that they take little from the servers, they write what they send before the clock runs and read what came
  after it; what a client sends in one turn leaves in one system call.
- A round is the same work on three servers in turn: bare, Carillon, and bare again, in an order that changes from
  round to round. Carillon is set against the mean of the two bare runs of its own round, because absolute numbers drift
  with the machine. A cell shows the median over the rounds, the least and the most. Where a table has other columns than
  bare and Carillon, the first of them is what bare is here.
- *Bare against bare* is the noise: the same program measured twice in a round. A target that is missed by less than
  what chance moves the median by (two standard errors, from how these pairs scatter) is called *within noise*.
- CPU is the time of the server process, all its threads, as the operating system counts it.
- The bare server is what one would write by hand: handlers shared by all sockets, the same frames of the same
  length, the same room joined; it stores nothing, checks only types and knows no rights. Carillon runs with its
  defaults on the memory store.
- A storm comes over a hundred clients that stay, as on a server in use: on an empty one each collection throws compiled
  code away, and the storm measures the compiler. Storms of fewer than 2,000 clients come several times per round.
  Every few rounds the servers are started anew: two processes of one program differ, whatever they do.
- Heap is what is in use after collecting all garbage, with the connections idle for twelve seconds, so that nothing is
  counted of them any more; the one of the process without them is taken off.`

function sectionOf({ workload, rounds, rows }: Result): string {
  const { title, text, sides } = workload
  return [
    `## ${title}`,
    ...(text === undefined ? [] : [text]),
    `${rounds} rounds.`,
    tableOf(sides, rows),
  ].join('\n\n')
}

function factsOf(date: Date): string {
  const gib = (totalmem() / 2 ** 30).toFixed(1)
  return [
    `- ${date.toISOString().slice(0, 10)}, ${availableParallelism()} × ${cpus()[0]?.model.trim()}, ${gib} GiB of memory`,
    `- ${type()} ${release().split('.', 2).join('.')}, Node ${process.version}, socket.io ${versionOf('socket.io')}, ws of the clients ${versionOf('ws')}`,
  ].join('\n')
}

function versionOf(name: string): string {
  const path = createRequire(import.meta.url).resolve(`${name}/package.json`)
  const { version }: { version: string } = JSON.parse(readFileSync(path, 'utf8'))
  return version
}
