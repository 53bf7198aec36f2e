import type { LoadCommands } from '../load/main.ts'
import type { ServerCommands } from '../server/serve.ts'
import type { SubjectName } from '../server/subject.ts'
import type { Comparison } from '../statistics.ts'
import { startWorker, type Worker } from '../workers.ts'

/** Something that is measured in each round of a workload. */
export interface Metric {
  readonly key: string
  readonly label: string
  readonly unit: string
  readonly digits: number
  /** How Carillon is set against bare Socket.IO. */
  readonly compared: Comparison
  /** What the median of the comparison may be at most; `null` for what is only told. */
  readonly atMost: number | null
}

export type Figures = Readonly<Record<string, number>>

/** A piece of a round, short enough that the machine is the same for all servers that do it in turn. */
export type Step = () => Promise<Figures>

export interface Workload {
  readonly name: string
  readonly title: string
  /** Rounds of a full run. */
  readonly rounds: number
  readonly metrics: readonly Metric[]
  /** Brings a server to where measuring begins. The steps are repeated in every round. */
  prepare(bench: Bench): Promise<readonly Step[]>
  /** Figures that follow from those of a round. */
  derive?(figures: Figures): Figures
}

/** One server under test. */
export interface Bench {
  readonly server: Worker<ServerCommands>
  readonly load: Worker<LoadCommands>
  readonly url: string
  /** CPU of the server process while `work` runs, in microseconds. */
  cpuOf(work: () => Promise<unknown>): Promise<number>
  stop(): Promise<void>
}

export async function startBench(subject: SubjectName, load: Worker<LoadCommands>): Promise<Bench> {
  const server = startWorker<ServerCommands>(`./server-${subject}.js`)
  const url = await server.call('listen')
  const cpuOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = await server.call('cpu')
    await work()
    return (await server.call('cpu')) - before
  }
  return { server, load, url, cpuOf, stop: () => server.stop() }
}

/** Length of a frame: shows that both servers send the same. */
export function frameMetric(key: string, label: string): Metric {
  return { key, label: `${label}, length`, unit: 'B', digits: 0, compared: 'ratio', atMost: null }
}
