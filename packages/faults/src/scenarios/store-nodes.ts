import { createFaultProxy } from '@carillon/testkit'
import type { Errands } from '../node/errands.ts'
import type { NodeOrders } from '../node/main.ts'
import type { Usage } from '../node/usage.ts'
import { type NodeProcess, startNode } from '../stage/node.ts'

/** A node behind an address that stays, whether the node is up or down. */
export interface Seat {
  /** What clients connect to. */
  readonly url: string
  /** Exceptions that nobody caught, of all nodes that sat here. */
  readonly faults: readonly string[]
  /** Ends the node, and resolves when it is gone. */
  down(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Starts the next one, and resolves when it listens. */
  up(): Promise<void>
  /** Cuts the connections of all its clients. */
  cut(): void
  usage(): Promise<Usage>
  ask<Path extends keyof Errands>(path: Path): Promise<Errands[Path]>
  close(): Promise<void>
}

/** Variables of the environment that a node has besides ours. */
export type Surroundings = Readonly<Record<string, string>>

export async function takeSeat(
  orders: Omit<NodeOrders, 'dies'>,
  surroundings: Surroundings = {},
): Promise<Seat> {
  const faults: string[] = []
  let node: NodeProcess | null = null

  async function up(): Promise<void> {
    const mine = await surroundedBy(surroundings, () =>
      startNode({ ...orders, dies: null }, (fault) => faults.push(fault)),
    )
    node = mine
    void mine.gone.then((how) => {
      if (node === mine) faults.push(`the node ended by itself: ${how}`)
    })
  }
  async function down(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const ending = node
    node = null
    ending?.signal(signal)
    await ending?.gone
  }

  await up()
  // Port 9 is nobody's here: a node that is down refuses connections.
  const proxy = await createFaultProxy(() => ({ port: node?.port ?? 9 }))
  return {
    url: `http://127.0.0.1:${proxy.port}`,
    faults,
    up,
    down,
    cut: () => void proxy.cutAll('rst'),
    usage() {
      if (node === null) throw new Error('the node is down')
      return node.usage()
    },
    async ask(path) {
      const answer = await fetch(`http://127.0.0.1:${node?.port}${path}`)
      if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
      return answer.json()
    },
    async close() {
      await down('SIGKILL')
      await proxy.close()
    },
  }
}

/** A process has the environment that its parent has in the moment in which it is started. */
export async function surroundedBy<T>(surroundings: Surroundings, start: () => Promise<T>): Promise<T> {
  const former = Object.keys(surroundings).map((name) => [name, process.env[name]] as const)
  Object.assign(process.env, surroundings)
  try {
    return await start()
  } finally {
    for (const [name, value] of former) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}
