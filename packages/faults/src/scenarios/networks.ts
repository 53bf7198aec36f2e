import { setTimeout as sleep } from 'node:timers/promises'
import { createFaultProxy, type FaultProxy, until } from '@carillon/testkit'
import type { Wait } from '../history.ts'
import type { NodeOrders } from '../node/main.ts'
import { judge } from '../stage/ending.ts'
import { leftoversOf } from '../stage/leftovers.ts'
import { type PacedSender, startPaced } from '../stage/paced-sender.ts'
import { canReadWithPython, readPython } from '../stage/python-reader.ts'
import { readForgetful, readStock, readTyped } from '../stage/readers.ts'
import { startService } from '../stage/service.ts'
import { onStage } from '../stage/stage.ts'
import type { StorePlace } from '../stores.ts'
import type { Verdict } from './scenario.ts'

/** What happens to the network between clients and their node. */
export type Trouble =
  /** Every connection is reset. */
  | 'reset'
  /** Every connection is closed, in order or towards the client alone. */
  | 'end'
  /** For a while nothing passes in either direction, and nobody is told. */
  | 'black-hole'
  /** The same in one direction, turn and turn about. */
  | 'one-way'

export interface NetworkPlan {
  readonly trouble: Trouble
  readonly times: number
  /** It goes on until at least so many were sent. */
  readonly sends: number
  readonly breaks?: NodeOrders['breaks']
  readonly pings?: NodeOrders['pings']
  /** One more reader, which forgets where it stopped. */
  readonly hasForgetful?: boolean
}

const CHANNEL = 'devops'
const PER_SECOND = 600

/** Between two cuts. */
const BREATH_MS = 300
/** Longer than it takes to notice. */
const HOLE_MS = 2_000
/** What a node is ordered to need at most for noticing: its ping interval and timeout. */
const PINGS_MS = 700
/** Other processes run on this machine, too. */
const SLACK_MS = 1_300

/** R01 to R04: clients of three kinds read and one sends over a network that fails again and again. */
export function troubledNetwork(place: StorePlace, plan: NetworkPlan): Promise<Verdict> {
  return onStage(async (stage) => {
    const { breaks, pings } = plan
    const service = stage.add(await startService({ store: place, breaks, ...(pings && { pings }) }))
    const proxy = stage.add(await createFaultProxy(() => ({ port: service.port() })))
    const url = `http://127.0.0.1:${proxy.port}`
    // The one that is broken on purpose needs no company.
    const hasPython = plan.hasForgetful !== true && canReadWithPython()
    const readers = [
      stage.add(await readTyped({ url, user: 'alice' }, CHANNEL)),
      stage.add(await readStock({ url, user: 'bob' }, CHANNEL)),
      ...(hasPython ? [stage.add(await readPython({ url, user: 'guido' }, CHANNEL))] : []),
      ...(plan.hasForgetful === true ? [stage.add(await readForgetful({ url, user: 'eve' }, CHANNEL))] : []),
    ]
    const near = stage.add(startPaced(`http://127.0.0.1:${service.port()}`, 'near', CHANNEL))
    const far = stage.add(startPaced(url, 'far', CHANNEL))
    const waits: Wait[] = []
    const isAnybodyThere = (): boolean => readers.some((reader) => reader.isConnected())
    const isWhole = (): boolean =>
      readers.every((reader) => reader.isConnected()) && far.client.status === 'connected'
    await Promise.all([near.send(), far.send()])
    const before = await service.usage()
    near.start(PER_SECOND)
    far.start(PER_SECOND / 10)
    for (let n = 0; n < plan.times || near.sends.length < plan.sends; n++) {
      await until(isWhole, 'everybody is connected', HOLE_MS * 5)
      await sleep(BREATH_MS)
      waits.push(...(await TROUBLES[plan.trouble]({ proxy, near, n, isAnybodyThere })))
    }
    await Promise.all([near.rest(), far.rest()])
    await until(isWhole, 'everybody is connected', HOLE_MS * 5)
    return judge({
      place,
      channels: [CHANNEL],
      readers,
      senders: [near, far],
      services: [service],
      mayGiveUp: false,
      history: { waits, holdings: await leftoversOf(service, before) },
      facts: {
        losses: readers.reduce((sum, reader) => sum + reader.losses(), 0),
        ...(waits.length > 0 && {
          droppedBytes: proxy.dropped(),
          noticedMs: Math.round(Math.max(0, ...waits.map(({ ms }) => ms ?? 0))),
        }),
      },
    })
  })
}

interface Scene {
  readonly proxy: FaultProxy
  readonly near: PacedSender
  readonly n: number
  readonly isAnybodyThere: () => boolean
}

const TROUBLES: Readonly<Record<Trouble, (scene: Scene) => Promise<Wait[]>>> = {
  async reset({ proxy }) {
    proxy.cutAll('rst')
    return []
  },
  async end({ proxy, n }) {
    if (n % 2 === 0) proxy.cutAll('fin')
    else proxy.halfCloseAll()
    return []
  },
  'black-hole': (scene) => hole(scene, { up: 'drop', down: 'drop' }),
  'one-way': (scene) => hole(scene, scene.n % 2 === 0 ? { down: 'drop' } : { up: 'drop' }),
}

/** R03: both ends notice within an interval and a timeout. */
async function hole(
  { proxy, near, isAnybodyThere }: Scene,
  rules: Parameters<FaultProxy['set']>[0],
): Promise<Wait[]> {
  const began = performance.now()
  proxy.set(rules)
  const limitMs = PINGS_MS + SLACK_MS
  const noticed = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<Wait> => {
    const ms = await until(isSo, what, limitMs).then(
      () => performance.now() - began,
      () => null,
    )
    return { what, ms, limitMs }
  }
  const waits = await Promise.all([
    noticed('every client knows that its connection is gone', () => !isAnybodyThere()),
    // Only the sender past the proxy is left.
    noticed(
      'the node knows that its clients are gone',
      async () => (await near.client.stats()).connectedClients <= 1,
    ),
  ])
  await sleep(Math.max(0, HOLE_MS - (performance.now() - began)))
  // No connection lives on with bytes missing in its middle, which no network does to anybody.
  proxy.cutAll('rst')
  proxy.heal()
  return waits
}
