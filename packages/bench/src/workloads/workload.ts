import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { LoadCommands } from '../load/main.ts'
import type { ServerCommands } from '../server/serve.ts'
import type { SubjectName } from '../server/subject.ts'
import type { Comparison, Target } from '../statistics.ts'
import { startWorker, type Worker } from '../workers.ts'

/** Something that is measured in each round of a workload. */
export interface Metric {
  readonly key: string
  readonly label: string
  readonly unit: string
  readonly digits: number
  /** How the subject is set against the base. */
  readonly compared: Comparison
  /** What the median of the comparison is to be; `null` for what is only told. */
  readonly target: Target | null
}

export type Figures = Readonly<Record<string, number>>

/** A piece of a round, short enough that the machine is the same for all servers that do it in turn. */
export type Step = () => Promise<Figures>

/** One of the two that are set against each other: a server program and what it is started with. */
export interface Side {
  /** Heads its column. */
  readonly label: string
  readonly program: SubjectName
  /** Of Node, for the server. */
  readonly nodeOptions?: readonly string[]
  /** `folder` is on disk, belongs to this server alone, and goes with it. */
  args?(folder: string): readonly string[]
}

export interface Sides {
  /** What the subject is measured against, and measured twice. */
  readonly base: Side
  readonly subject: Side
}

/** Carillon as it comes, beside the same by hand. */
export const BARE_AND_CARILLON: Sides = {
  base: { label: 'bare', program: 'bare' },
  subject: { label: 'Carillon', program: 'carillon' },
}

export interface Workload {
  readonly name: string
  readonly title: string
  /** What a reader of the table has to know: Markdown. */
  readonly text?: string
  readonly sides: Sides
  /** Rounds of a full run. */
  readonly rounds: number
  /**
   * After so many rounds the servers are started anew: two processes of one program differ by where their memory
   * lies and what was compiled when, which no number of rounds on the same two would show.
   *
   * @default all rounds
   */
  readonly roundsPerProcess?: number
  readonly metrics: readonly Metric[]
  /** Brings a server to where measuring begins. The steps are repeated in every round. */
  prepare(bench: Bench): Promise<readonly Step[]>
  /** Figures that follow from those of a round. */
  derive?(figures: Figures): Figures
}

/** One server under test. */
export interface Bench {
  readonly role: keyof Sides
  readonly server: Worker<ServerCommands>
  readonly load: Worker<LoadCommands>
  readonly url: string
  readonly folder: string
  /** CPU of the server process while `work` runs, in microseconds. */
  cpuOf(work: () => Promise<unknown>): Promise<number>
  stop(): Promise<void>
}

/** Beside the program, because folders for temporary files are often in memory. */
const FOLDERS = fileURLToPath(new URL('../.cache/', import.meta.url))

export async function startBench(
  { base, subject }: Sides,
  role: keyof Sides,
  load: Worker<LoadCommands>,
): Promise<Bench> {
  const side = role === 'base' ? base : subject
  mkdirSync(FOLDERS, { recursive: true })
  const folder = mkdtempSync(`${FOLDERS}bench-`)
  const server = startWorker<ServerCommands>(
    `./server-${side.program}.js`,
    side.args?.(folder),
    side.nodeOptions,
  )
  const stop = async (): Promise<void> => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  const cpuOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = await server.call('cpu')
    await work()
    return (await server.call('cpu')) - before
  }
  try {
    const url = await server.call('listen')
    return { role, server, load, url, folder, cpuOf, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Length of a frame: shows that both servers send the same. */
export function frameMetric(key: string, label: string): Metric {
  return { key, label: `${label}, length`, unit: 'B', digits: 0, compared: 'ratio', target: null }
}
