import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { channelStream } from '@carillon/protocol'
import { createFaultProxy, type FaultProxy, until } from '@carillon/testkit'
import { itemsOf } from '../checks/violation.ts'
import type { Send } from '../history.ts'
import { type Application, readBook, startApplication } from '../stage/application.ts'
import { judge } from '../stage/ending.ts'
import type { LiveReader } from '../stage/live-reader.ts'
import { readTyped } from '../stage/readers.ts'
import { startService } from '../stage/service.ts'
import { onStage } from '../stage/stage.ts'
import type { StorePlace } from '../stores.ts'
import type { Verdict } from './scenario.ts'

export interface RestartPlan {
  readonly times: number
  /** Where the application keeps what it has not had confirmed. @default 'storage' */
  readonly outbox?: 'memory' | 'storage'
  /** How long what was kept may take to come. @default 15 s */
  readonly patienceMs?: number
}

const CHANNEL = 'devops'
const STREAM = channelStream(CHANNEL)
/** Sends of each life. */
const SENDS = 5
const STEP_MS = 20_000

/** R38: an application goes with sends that it has not had confirmed, and starts again on what it has kept. */
export function restarts(place: StorePlace, plan: RestartPlan): Promise<Verdict> {
  return onStage(async (stage) => {
    const folder = await mkdtemp(join(tmpdir(), 'carillon-client-'))
    stage.add({ close: () => rm(folder, { recursive: true, force: true }) })
    const service = stage.add(await startService({ store: place }))
    const proxy = stage.add(await createFaultProxy(() => ({ port: service.port() })))
    const direct = `http://127.0.0.1:${service.port()}`
    const watcher = stage.add(await readTyped({ url: direct, user: 'alice' }, CHANNEL))
    const orders = {
      url: `http://127.0.0.1:${proxy.port}`,
      user: 'carol',
      channel: CHANNEL,
      storage: join(folder, 'storage.json'),
      book: join(folder, 'book.jsonl'),
      outbox: plan.outbox ?? 'storage',
    }
    const { patienceMs = 15_000 } = plan
    const keys: string[] = []
    let confirmed = 0
    for (let n = 0; n < plan.times; n++) {
      const application = stage.add(startApplication(orders))
      await until(application.isJoined, `life ${n + 1} begins`, STEP_MS)
      const own = Array.from({ length: SENDS }, (_, at) => `carol-${n}-${at}`)
      keys.push(...own)
      await ENDS[n % ENDS.length]?.({ proxy, application, own, watcher })
      confirmed += own.filter((key) => application.confirmed.has(key)).length
      proxy.cutAll('rst')
      proxy.heal()
    }
    const last = stage.add(startApplication(orders))
    await until(last.isJoined, 'the last life begins', STEP_MS)
    const isThere = (key: string): boolean => hasSeen(watcher, key)
    // Whatever never comes is told by the check.
    await until(() => keys.every(isThere), 'everything that was kept', patienceMs).catch(() => undefined)
    const mine = await ownReader(orders.book, watcher, patienceMs)
    return judge({
      place,
      channels: [CHANNEL],
      readers: [watcher],
      senders: [],
      services: [service],
      history: { sends: keys.map(keptUnder), readers: [mine] },
      facts: { lives: plan.times + 1, keys: keys.length, heardOf: confirmed },
    })
  })
}

interface Scene {
  readonly proxy: FaultProxy
  readonly application: Application
  readonly own: readonly string[]
  readonly watcher: LiveReader
}

/** How a life ends. */
const ENDS: readonly ((scene: Scene) => Promise<void>)[] = [
  /** Nothing has left yet. */
  async ({ proxy, application, own }) => {
    proxy.set({ isRefusing: true })
    proxy.cutAll('rst')
    await application.send(own)
    await application.end('SIGKILL')
  },
  /** Everything is stored, and the application has not heard of it. */
  async ({ proxy, application, own, watcher }) => {
    proxy.set({ down: 'drop' })
    await application.send(own)
    await until(() => own.every((key) => hasSeen(watcher, key)), 'all of it is stored', STEP_MS)
    await application.end('SIGKILL')
  },
  /** It has heard of the first one. */
  async ({ application, own }) => {
    await application.send(own)
    await until(() => application.confirmed.size > 0, 'something is confirmed', STEP_MS)
    await application.end('reload')
  },
]

function hasSeen({ record }: LiveReader, key: string): boolean {
  return itemsOf(record.seen.slice(-200)).some((item) => item.key === key)
}

function keptUnder(key: string): Send {
  return { sender: 'carol', stream: STREAM, key, outcome: { kind: 'kept' } }
}

/** What the application was handed over all of its lives: once the others have everything, it has to have it, too. */
async function ownReader(book: string, watcher: LiveReader, patienceMs: number) {
  const seen = () => readBook(book)
  const isWhole = (): boolean => {
    const last = itemsOf(seen()).at(-1)
    return last !== undefined && last.offset >= (watcher.reached()?.offset ?? 0)
  }
  await until(isWhole, 'the application has everything', patienceMs).catch(() => undefined)
  return { client: 'carol (typed, in many lives)', stream: STREAM, joinedAt: null, seen: seen() }
}
