import { setTimeout as sleep } from 'node:timers/promises'
import { createFaultProxy, until } from '@carillon/testkit'
import type { Holding, Wait } from '../history.ts'
import type { NodeOrders } from '../node/main.ts'
import { judge } from '../stage/ending.ts'
import { fill } from '../stage/filling.ts'
import type { LiveReader } from '../stage/live-reader.ts'
import { startPaced } from '../stage/paced-sender.ts'
import { readStock, readTyped } from '../stage/readers.ts'
import { type Service, startService } from '../stage/service.ts'
import { onStage } from '../stage/stage.ts'
import type { StorePlace } from '../stores.ts'
import type { Verdict } from './scenario.ts'

export interface BacklogPlan {
  /** How far behind the readers are when they come back. */
  readonly rows: number
  /** Within which they have everything. */
  readonly limitMs: number
  /** @default Carillon's own */
  readonly limits?: NodeOrders['limits']
}

const CHANNEL = 'devops'
/** While the readers catch up, life goes on. */
const PER_SECOND = 100
const STEP_MS = 15_000
const MB = 2 ** 20
/** Between two looks, each of which collects garbage first. */
const SAMPLE_MS = 200
/** Long: a node that is busy is not one that is gone. */
const PINGS = { intervalMs: 5_000, timeoutMs: 5_000 }
/** What pages, buffers and the caches of a store may take, however far behind somebody is. */
const SLACK = { heapMb: 6, rssMb: 64 }

/** R09: readers come back who have missed very much, while others go on sending. */
export function backlog(place: StorePlace, { rows, limitMs, limits }: BacklogPlan): Promise<Verdict> {
  return onStage(async (stage) => {
    const keeps = { maxItemsPerStream: 2 * rows + 100_000 }
    const service = stage.add(
      await startService({ store: place, keeps, pings: PINGS, ...(limits && { limits }) }),
    )
    const proxy = stage.add(await createFaultProxy(() => ({ port: service.port() })))
    const url = `http://127.0.0.1:${proxy.port}`
    const sender = stage.add(startPaced(`http://127.0.0.1:${service.port()}`, 'near', CHANNEL))
    const readers = [
      stage.add(await readTyped({ url, user: 'alice' }, CHANNEL)),
      stage.add(await readStock({ url, user: 'bob' }, CHANNEL)),
    ]
    await sender.send()
    await until(() => readers.every((reader) => reader.reached()?.offset === 1), 'the first one', STEP_MS)
    proxy.set({ isRefusing: true })
    proxy.cutAll('rst')
    const sends = await fill(place, keeps, CHANNEL, rows)
    const before = await service.usage()
    proxy.heal()
    sender.start(PER_SECOND)
    const began = performance.now()
    const peak = await watch(service, readers, rows, limitMs)
    const waits: Wait[] = [
      { what: `everybody has what was missed`, ms: peak.isOver ? performance.now() - began : null, limitMs },
    ]
    await sender.rest()
    const holdings: Holding[] = [
      { what: 'heap in MB', before: before.heapBytes / MB, after: peak.heapBytes / MB, slack: SLACK.heapMb },
      {
        what: 'memory of the process in MB',
        before: before.rssBytes / MB,
        after: peak.rssBytes / MB,
        slack: SLACK.rssMb,
      },
    ]
    return judge({
      place,
      keeps,
      channels: [CHANNEL],
      readers,
      senders: [sender],
      services: [service],
      history: { sends, waits, holdings },
      facts: {
        behind: rows,
        replayMs: Math.round(waits[0]?.ms ?? 0),
        heapGrownKb: Math.round((peak.heapBytes - before.heapBytes) / 1024),
        processGrownKb: Math.round((peak.rssBytes - before.rssBytes) / 1024),
      },
    })
  })
}

/** The most that the node holds at a time until everybody has got so far. */
async function watch(service: Service, readers: readonly LiveReader[], offset: number, limitMs: number) {
  const deadline = performance.now() + limitMs
  let heapBytes = 0
  let rssBytes = 0
  const hasAll = (): boolean => readers.every((reader) => (reader.reached()?.offset ?? 0) >= offset)
  while (!hasAll() && performance.now() < deadline) {
    await sleep(SAMPLE_MS)
    const usage = await service.usage()
    heapBytes = Math.max(heapBytes, usage.heapBytes)
    rssBytes = Math.max(rssBytes, usage.rssBytes)
  }
  return { heapBytes, rssBytes, isOver: hasAll() }
}
