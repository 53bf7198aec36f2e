import { createFaultProxy, until } from '@carillon/testkit'
import type { NodeOrders } from '../node/main.ts'
import { judge } from '../stage/ending.ts'
import { fill } from '../stage/filling.ts'
import { canReadWithPython, readPython } from '../stage/python-reader.ts'
import { readStock, readTyped } from '../stage/readers.ts'
import { startService } from '../stage/service.ts'
import { onStage } from '../stage/stage.ts'
import type { StorePlace } from '../stores.ts'
import type { Verdict } from './scenario.ts'

export interface RetentionPlan {
  readonly times: number
  readonly breaks?: NodeOrders['breaks']
}

const CHANNEL = 'devops'
const KEPT = 100
const MISSED = 500
const STEP_MS = 15_000

/** R10: readers are away for longer than anything is kept, again and again. What is gone, they are told. */
export function beyondRetention(place: StorePlace, { times, breaks }: RetentionPlan): Promise<Verdict> {
  return onStage(async (stage) => {
    const keeps = { maxItemsPerStream: KEPT }
    const service = stage.add(await startService({ store: place, keeps, breaks }))
    const proxy = stage.add(await createFaultProxy(() => ({ port: service.port() })))
    const line = (user: string) => ({ url: `http://127.0.0.1:${proxy.port}`, user })
    const readers = [
      stage.add(await readTyped(line('alice'), CHANNEL)),
      stage.add(await readStock(line('bob'), CHANNEL)),
      ...(canReadWithPython() ? [stage.add(await readPython(line('guido'), CHANNEL))] : []),
    ]
    const sends = await fill(place, keeps, CHANNEL, 1)
    const hasAll = (): boolean => readers.every((reader) => reader.reached()?.offset === sends.length)
    for (let n = 0; n < times; n++) {
      await until(hasAll, 'everybody has everything', STEP_MS)
      proxy.set({ isRefusing: true })
      proxy.cutAll('rst')
      await until(() => !readers.some((reader) => reader.isConnected()), 'everybody is away', STEP_MS)
      sends.push(...(await fill(place, keeps, CHANNEL, MISSED, sends.length)))
      proxy.heal()
    }
    const resets = () =>
      readers.flatMap(({ record }) => record.seen).filter(({ kind }) => kind === 'reset').length
    return judge({
      place,
      keeps,
      channels: [CHANNEL],
      readers,
      senders: [],
      services: [service],
      history: { sends },
      facts: { away: times * readers.length, missed: times * MISSED, kept: KEPT },
    }).then((verdict) => ({ ...verdict, facts: { ...verdict.facts, resets: resets() } }))
  })
}
