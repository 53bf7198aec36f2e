import { createFaultProxy, type FaultProxy, until } from '@carillon/testkit'
import type { NodeOrders } from '../node/main.ts'
import { judge } from '../stage/ending.ts'
import { leftoversOf } from '../stage/leftovers.ts'
import { startPaced } from '../stage/paced-sender.ts'
import { type Line, optionsOf, readForgetful, readStock, readTyped } from '../stage/readers.ts'
import { startService } from '../stage/service.ts'
import { onStage } from '../stage/stage.ts'
import type { StorePlace } from '../stores.ts'
import type { Verdict } from './scenario.ts'

export interface ByteCutPlan {
  /** How many different lengths, spread from the first byte to the last one that is of interest. */
  readonly lengths: number
  /** A connection that begins with polling is cut in its upgrade, too. */
  readonly transports: NonNullable<Line['transports']>
  readonly breaks?: NodeOrders['breaks']
  /** One more reader, which forgets where it stopped. */
  readonly hasForgetful?: boolean
}

const CHANNEL = 'devops'
/** A handshake, the answer to a join and some pages of what was missed are within it. */
const LAST_BYTE = 4_000
/** So that every connection gets its bytes soon. */
const PER_SECOND = 250
const STEP_MS = 15_000
/**
 * socket.io-client does not notice when a WebSocket ends between its opening and the first packet: it waits for its
 * time to connect to run out, 20 seconds by default.
 */
const CONNECT_MS = 400

/** R06, R07: every connection is reset after exactly so many bytes, through the whole of its beginning. */
export function byteCuts(place: StorePlace, plan: ByteCutPlan): Promise<Verdict> {
  return onStage(async (stage) => {
    const service = stage.add(await startService({ store: place, breaks: plan.breaks }))
    const target = () => ({ port: service.port() })
    const near = stage.add(startPaced(`http://127.0.0.1:${service.port()}`, 'near', CHANNEL))
    const lineOf = async (user: string) => {
      const proxy = stage.add(await createFaultProxy(target))
      const url = `http://127.0.0.1:${proxy.port}`
      return { proxy, line: { url, user, transports: plan.transports, connectMs: CONNECT_MS } }
    }
    const read = [readTyped, readStock, ...(plan.hasForgetful === true ? [readForgetful] : [])]
    const lanes = await Promise.all(
      read.map(async (start, n) => {
        const { proxy, line } = await lineOf(`user-${n}`)
        return { proxy, reader: stage.add(await start(line, CHANNEL)) }
      }),
    )
    const { proxy, line } = await lineOf('far')
    const { transports, timeout } = optionsOf(line)
    const far = stage.add(startPaced(line.url, line.user, CHANNEL, { transports, timeout }))
    const senders = [near, far]
    await Promise.all(senders.map((sender) => sender.send()))
    const before = await service.usage()
    near.start(PER_SECOND)
    far.start(PER_SECOND / 5)
    const proxies = [...lanes.map((lane) => lane.proxy), proxy]
    await Promise.all(proxies.map((each) => sweep(each, plan.lengths)))
    await Promise.all(senders.map((sender) => sender.rest()))
    const isWhole = (): boolean => lanes.every(({ reader }) => reader.isConnected())
    await until(isWhole, 'everybody is connected', STEP_MS)
    return judge({
      place,
      channels: [CHANNEL],
      readers: lanes.map(({ reader }) => reader),
      senders,
      services: [service],
      mayGiveUp: false,
      history: { holdings: await leftoversOf(service, before) },
      facts: { torn: proxies.reduce((sum, each) => sum + each.torn(), 0), lengths: plan.lengths },
    })
  })
}

async function sweep(proxy: FaultProxy, lengths: number): Promise<void> {
  for (let n = 0; n < lengths; n++) {
    const length = 1 + Math.round((n * LAST_BYTE) / lengths)
    const torn = proxy.torn()
    proxy.set({ cutAfterDownBytes: length })
    await until(() => proxy.torn() > torn, `a cut after ${length} bytes`, STEP_MS)
  }
  proxy.heal()
}
