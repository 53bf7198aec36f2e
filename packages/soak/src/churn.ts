import type { ClientCommands, ClientOrders } from './clients/main.ts'
import type { Census } from './process/census.ts'
import { startWorker, type Worker } from './process/commands.ts'
import type { Memory } from './process/memory.ts'
import type { ServerCommands, ServerOrders } from './server/main.ts'

export interface ChurnPlan {
  readonly store: ServerOrders['store']
  readonly visits: number
  /** Visits between two readings. */
  readonly interval: number
  /** How much faster time goes. */
  readonly speed: number
  /** Something of the host leaks in both processes, on purpose. @default false */
  readonly leaks?: boolean
}

/** What both processes hold at one moment at which nobody is on a visit. */
export interface Reading {
  readonly visits: number
  readonly server: Memory
  readonly clients: Memory
  /** Bytes of the database on the disk. */
  readonly file: number
}

/** The records of the product that are alive, of both processes. */
export interface Alive {
  readonly server: Census
  readonly clients: Census
  /** Sizes of Socket.IO's own tables on the server. */
  readonly places: Census
}

export interface ChurnResult {
  readonly plan: ChurnPlan
  readonly seconds: number
  readonly readings: readonly Reading[]
  /** With those who stay, before the visits that are measured, amid them, and after the last. */
  readonly before: Alive
  readonly amid: Alive
  readonly after: Alive
  /** When nobody is connected any more. */
  readonly empty: Alive
}

interface Stage {
  readonly server: Worker<ServerCommands>
  readonly clients: Worker<ClientCommands>
}

/** By the server's clock: longer than a stream lingers whose last member has left, and than cursors wait. */
const REST_MS = 36_000
/** How often everything is counted between two readings, at most. */
const TRIES = 2
/** So many visitors are a good moment for it. */
const BUSY = 6
const BUSY_LIMIT_MS = 1_000
/** What the host sends by itself between two readings. */
const WORDS = 10

export async function runChurn(
  plan: ChurnPlan,
  tell: (reading: Reading) => void = () => undefined,
): Promise<ChurnResult> {
  const { store, speed, leaks = false } = plan
  const began = performance.now()
  const server = startWorker<ServerCommands, ServerOrders>('server', { store, speed, leaks })
  const url = await server.call('listen', 0)
  const clients = startWorker<ClientCommands, ClientOrders>('clients', { url, speed, leaks })
  try {
    const told = await churn({ server, clients }, plan, tell)
    return { plan, seconds: (performance.now() - began) / 1000, ...told }
  } finally {
    await clients.stop()
    await server.stop()
  }
}

async function churn(
  stage: Stage,
  { visits, interval }: ChurnPlan,
  tell: (reading: Reading) => void,
): Promise<Omit<ChurnResult, 'plan' | 'seconds'>> {
  const { server, clients } = stage
  const residents = await clients.call('settle')
  let done = 0
  const goOn = async (): Promise<void> => {
    await Promise.all([clients.call('visit', done, interval), server.call('speak', done, WORDS)])
    done += interval
  }
  await goOn()
  await server.call('rest', residents, REST_MS)
  const before = await countAll(stage)
  const readings: Reading[] = []
  let amid = before
  while (readings.length * interval < visits) {
    let isGoing = true
    const going = goOn().finally(() => {
      isGoing = false
    })
    // Each count holds everything up for a moment, so there are only as many as it takes to see everything.
    for (let tries = 0; isGoing && tries < TRIES && !isMore(amid, before); tries++) {
      await server.call('busy', residents + BUSY, BUSY_LIMIT_MS)
      amid = mostOf(amid, await countAll(stage))
    }
    await going
    await server.call('rest', residents, REST_MS)
    const reading = await read(stage, done)
    readings.push(reading)
    tell(reading)
  }
  const after = await countAll(stage)
  await clients.call('leave')
  await server.call('rest', 0, REST_MS)
  return { readings, before, amid, after, empty: await countAll(stage) }
}

async function read({ server, clients }: Stage, visits: number): Promise<Reading> {
  const [ofServer, ofClients] = [await server.call('measure'), await clients.call('measure')]
  return { visits, server: ofServer, clients: ofClients, file: await server.call('fileBytes') }
}

async function countAll({ server, clients }: Stage): Promise<Alive> {
  return {
    server: await server.call('census'),
    clients: await clients.call('census'),
    places: await server.call('places'),
  }
}

function isMore(one: Alive, other: Alive): boolean {
  const more = (a: Census, b: Census): boolean =>
    Object.entries(a).every(([name, count]) => count > (b[name] ?? 0))
  return more(one.server, other.server) && more(one.clients, other.clients)
}

function mostOf(one: Alive, other: Alive): Alive {
  const most = (a: Census, b: Census): Census =>
    Object.fromEntries(Object.entries(a).map(([name, count]) => [name, Math.max(count, b[name] ?? 0)]))
  return {
    server: most(one.server, other.server),
    clients: most(one.clients, other.clients),
    places: most(one.places, other.places),
  }
}
