import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NewEntry, StreamKey } from '@carillon/store'
import { sqliteStore } from '@carillon/store-sqlite'
import type { ClientCommands, ClientOrders } from './clients/main.ts'
import type { Progress, ReaderKind } from './clients/replay.ts'
import { startWorker, type Worker } from './process/commands.ts'
import type { Memory } from './process/memory.ts'
import type { ServerCommands, ServerOrders } from './server/main.ts'

export interface ReplayPlan {
  /** Path of the database; it is made, and filled with so many items. */
  readonly file: string
  readonly items: number
  /** Items between two readings, about. */
  readonly interval: number
  readonly reader: ReaderKind
  /** @default what is usual */
  readonly pageItems?: number
  /** The application keeps what it is handed, on purpose. @default false */
  readonly leaks?: boolean
}

/** What both processes hold in the midst of the replay. */
export interface ReplayReading {
  /** Notifications that the application was handed by then. */
  readonly items: number
  readonly server: Memory
  readonly clients: Memory
}

export interface ReplayResult {
  readonly plan: ReplayPlan
  /** From the return to the last item, without the readings. */
  readonly seconds: number
  readonly fileBytes: number
  readonly progress: Progress
  readonly readings: readonly ReplayReading[]
}

interface Stage {
  readonly server: Worker<ServerCommands>
  readonly clients: Worker<ClientCommands>
}

type Tell = (reading: ReplayReading) => void

const CHANNEL = 'missed'
const STREAM: StreamKey = { scope: '/', kind: 'channel', name: CHANNEL }
const BATCH = 2_000
const TEXT = 'One of very many notifications that somebody has missed who was away for long.'
const POLL_MS = 20
/** Nothing came for so long: then nothing will. */
const PATIENCE_MS = 20_000

/** Somebody subscribes and goes away, misses everything, and comes back. */
export async function runReplay(plan: ReplayPlan, tell: Tell = () => undefined): Promise<ReplayResult> {
  const first = startServer(plan)
  const url = await first.call('listen', 0)
  const clients = startWorker<ClientCommands, ClientOrders>('clients', {
    url,
    speed: 1,
    leaks: plan.leaks ?? false,
  })
  try {
    await clients.call('subscribe', plan.reader, CHANNEL)
    await first.call('rest', 0, 0)
    await first.stop()
    await fill(plan)
    // At the same address: the client knows its position by that.
    const server = startServer(plan)
    try {
      await server.call('listen', Number(new URL(url).port))
      return await comeBack({ server, clients }, plan, tell)
    } finally {
      await server.stop()
    }
  } finally {
    await clients.stop()
    await first.stop()
  }
}

function startServer({ file, items, pageItems }: ReplayPlan): Worker<ServerCommands> {
  const store = { kind: 'sqlite', file, maxItemsPerStream: items + 1 } as const
  return startWorker<ServerCommands, ServerOrders>('server', {
    store,
    speed: 1,
    leaks: false,
    ...(pageItems === undefined ? {} : { pageItems }),
  })
}

/** Through the port, as a server would, in big batches. */
async function fill({ file, items }: ReplayPlan): Promise<void> {
  const store = sqliteStore(file, { maxItemsPerStream: items + 1 })
  try {
    for (let from = 1; from <= items; from += BATCH) {
      const count = Math.min(BATCH, items - from + 1)
      const outcomes = await store.append(Array.from({ length: count }, (_, at) => entryOf(from + at)))
      const bad = outcomes.find(({ outcome }) => outcome !== 'written')
      if (bad !== undefined) throw new Error(`the log could not be filled: ${JSON.stringify(bad)}`)
    }
  } finally {
    await store.close()
  }
}

function entryOf(n: number): NewEntry {
  const content = { type: 'info', title: `Number ${n}`, message: TEXT, data: { n }, sender: 'host' } as const
  const key = `key-${n}`
  return { stream: STREAM, id: `n_${n}`, content, bytes: 150, ttlMs: null, sender: 'host', key, hash: key }
}

async function comeBack(stage: Stage, plan: ReplayPlan, tell: Tell): Promise<ReplayResult> {
  const { server, clients } = stage
  const readings: ReplayReading[] = []
  const read = async (): Promise<void> => {
    const { items } = await clients.call('progress')
    const [ofServer, ofClients] = await Promise.all([server.call('measure'), clients.call('measure')])
    readings.push({ items, server: ofServer, clients: ofClients })
    tell({ items, server: ofServer, clients: ofClients })
  }
  await clients.call('comeBack', plan.reader, CHANNEL)
  let seconds = 0
  let began = performance.now()
  let due = plan.interval
  let progress = await clients.call('progress')
  let lastMove = performance.now()
  while (progress.items < plan.items && performance.now() - lastMove < PATIENCE_MS) {
    await sleep(POLL_MS)
    const next = await clients.call('progress')
    if (next.items > progress.items) lastMove = performance.now()
    progress = next
    if (progress.items < due) continue
    seconds += (performance.now() - began) / 1000
    await read()
    due = progress.items + plan.interval
    began = performance.now()
  }
  seconds += (performance.now() - began) / 1000
  await clients.call('goAway')
  return { plan, seconds, fileBytes: statSync(plan.file).size, progress, readings }
}
