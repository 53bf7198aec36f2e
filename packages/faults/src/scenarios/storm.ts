import { createFaultProxy, until } from '@carillon/testkit'
import type { Holding, Wait } from '../history.ts'
import type { NodeOrders } from '../node/main.ts'
import { judge } from '../stage/ending.ts'
import { leftoversOf } from '../stage/leftovers.ts'
import { startPaced } from '../stage/paced-sender.ts'
import { readStock, readTyped } from '../stage/readers.ts'
import { startService } from '../stage/service.ts'
import { onStage } from '../stage/stage.ts'
import type { StorePlace } from '../stores.ts'
import type { Verdict } from './scenario.ts'

export interface StormPlan {
  readonly clients: number
  readonly times: number
  /** @default Carillon's own */
  readonly stats?: NodeOrders['stats']
}

const CHANNEL = 'devops'
/** All clients, the sender and the proxy between them are one process: few are enough. */
const PER_SECOND = 5
const PINGS = { intervalMs: 5_000, timeoutMs: 5_000 }
const BACK_MS = 30_000
/** What an operator is told that statistics take: the defaults of the options, written out once more. */
const STATS_MS = { least: 250, perClient: 4 }

/** R08: all of many clients are cut off at once, and come back at once. */
export function storm(place: StorePlace, { clients, times, stats }: StormPlan): Promise<Verdict> {
  return onStage(async (stage) => {
    const service = stage.add(await startService({ store: place, pings: PINGS, ...(stats && { stats }) }))
    const proxy = stage.add(await createFaultProxy(() => ({ port: service.port() })))
    const url = `http://127.0.0.1:${proxy.port}`
    const sender = stage.add(startPaced(`http://127.0.0.1:${service.port()}`, 'near', CHANNEL))
    let statistics = 0
    const onStats = (): void => {
      statistics += 1
    }
    const readers = await Promise.all(
      Array.from({ length: clients }, async (_, n) => {
        const line = { url, user: `user-${n}`, onStats }
        return stage.add(await (n % 2 === 0 ? readTyped(line, CHANNEL) : readStock(line, CHANNEL)))
      }),
    )
    await sender.send()
    const before = await service.usage()
    const began = performance.now()
    statistics = 0
    sender.start(PER_SECOND)
    const waits: Wait[] = []
    for (let n = 0; n < times; n++) {
      const cutAt = performance.now()
      const losses = readers.map((reader) => reader.losses())
      proxy.cutAll('rst')
      const isBack = await until(
        () => readers.every((reader, at) => reader.losses() > (losses[at] ?? 0) && reader.isConnected()),
        'everybody is back',
        BACK_MS,
      ).then(
        () => true,
        () => false,
      )
      const ms = isBack ? performance.now() - cutAt : null
      waits.push({ what: `everybody is back after storm ${n + 1}`, ms, limitMs: BACK_MS })
    }
    await sender.rest()
    const tookMs = performance.now() - began
    const after = await service.usage()
    const paceMs = Math.max(STATS_MS.least, STATS_MS.perClient * clients)
    // One at once, and then one in each pace; the last may be on its way when the time is taken.
    const most = Math.ceil(clients * (2 + tookMs / paceMs))
    const holdings: Holding[] = [
      { what: 'statistics that clients heard', before: 0, after: statistics, slack: most },
      ...(await leftoversOf(service, before)),
    ]
    return judge({
      place,
      channels: [CHANNEL],
      readers,
      senders: [sender],
      services: [service],
      history: { waits, holdings },
      facts: {
        clients,
        storms: times,
        backMs: Math.round(Math.max(0, ...waits.map(({ ms }) => ms ?? 0))),
        statistics,
        cpuMsPerStorm: Math.round((after.cpuMs - before.cpuMs) / times),
      },
    })
  })
}
