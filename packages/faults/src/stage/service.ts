import { createFaultProxy, type FaultProxy } from '@carillon/testkit'
import type { Breakage } from '../node/broken-store.ts'
import type { Deadline } from '../node/dying-store.ts'
import type { NodeOrders } from '../node/main.ts'
import type { Usage } from '../node/usage.ts'
import { type NodeProcess, startNode } from './node.ts'

/** One node behind one address: whenever it dies, another takes its place. */
export interface Service {
  /** What clients connect to. */
  readonly url: string
  readonly proxy: FaultProxy
  /** Where the node itself listens: for those whom no fault of the network shall reach. */
  readonly port: () => number
  /** Exceptions that nobody caught, of all nodes so far. */
  readonly faults: readonly string[]
  /** How many nodes have died so far. */
  readonly deaths: () => number
  /** Ends the node that is there, and resolves when the next one listens. */
  replace(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** What the node holds now. */
  usage(): Promise<Usage>
  close(): Promise<void>
}

/** How the nodes are. */
export interface Nodes extends Omit<NodeOrders, 'dies' | 'breaks'> {
  /** When the nth of them kills itself, `null` for never. @default never */
  readonly deadlineOf?: (n: number) => Deadline | null
  readonly breaks?: Breakage | undefined
}

export async function startService({ deadlineOf, breaks, ...rest }: Nodes): Promise<Service> {
  const faults: string[] = []
  let starts = 0
  let deaths = 0
  let isOver = false
  let node: NodeProcess
  let successor: Promise<void>

  async function start(): Promise<void> {
    const dies = deadlineOf?.(starts++) ?? null
    const orders = { ...rest, dies, ...(breaks === undefined ? {} : { breaks }) }
    node = await startNode(orders, (fault) => faults.push(fault))
    successor = node.gone.then(() => {
      deaths += 1
      return isOver ? undefined : start()
    })
  }

  await start()
  const proxy = await createFaultProxy(() => ({ port: node.port }))
  return {
    url: `http://127.0.0.1:${proxy.port}`,
    proxy,
    port: () => node.port,
    faults,
    deaths: () => deaths,
    usage: () => node.usage(),
    async replace(signal) {
      const next = successor
      node.signal(signal)
      await next
    },
    async close() {
      isOver = true
      node.signal('SIGKILL')
      await successor
      await proxy.close()
    },
  }
}
