import { until } from '@carillon/testkit'
import { itemsOf } from '../checks/violation.ts'
import type { Holding, Send, Wait } from '../history.ts'
import type { NodeOrders } from '../node/main.ts'
import type { StorePlace } from '../stores.ts'
import { type Seat, type Surroundings, takeSeat } from './store-nodes.ts'
import { type ReaderApp, startStock, startTyped } from './store-readers.ts'
import { type Insistence, type InsistentSender, STEADY, startInsistent } from './store-senders.ts'

/** Two nodes on one store, applications that read and others that send without a pause. */
export interface Crew {
  readonly seats: readonly [Seat, Seat]
  readonly senders: readonly InsistentSender[]
  readonly readers: readonly ReaderApp[]
  readonly waits: Wait[]
  readonly holdings: Holding[]
  /** Sends of others than the senders. */
  readonly others: Send[]
  /** What a scenario counts on its own. */
  readonly facts: Record<string, number>
  /**
   * Waits until every sender has had a send confirmed that was begun after this call, and every reader was handed
   * such a one. How long it took is judged against the limit. [I6]
   */
  flows(what: string, limitMs?: number): Promise<void>
  /** Waits until it is so. How long it took is judged against the limit. [I6] */
  sees(what: string, check: () => boolean | Promise<boolean>, limitMs: number): Promise<void>
  /** No more sends. Resolves when every send has an outcome. */
  rest(): Promise<void>
  close(): Promise<void>
}

export interface CrewPlan {
  readonly place: StorePlace
  /** Where the second node has the same data. @default where the first has it */
  readonly placeOfSecond?: StorePlace
  /** Of both nodes. */
  readonly orders?: Omit<NodeOrders, 'dies' | 'store'> | undefined
  /** Of the first node alone. */
  readonly surroundings?: Surroundings
  readonly insistence?: Insistence
}

export const CHANNEL = 'devops'
export const STREAM = { scope: '/', kind: 'channel', name: CHANNEL } as const

/** Within which everything goes on again. */
export const HEAL_MS = 15_000

/** Outcomes and notifications come in the order of the calls, more or less: the latest tell what goes on. */
const LATEST = 50

type Closable = { close(): void | Promise<void> }

export async function startCrew(plan: CrewPlan): Promise<Crew> {
  const opened: Closable[] = []
  const add = <T extends Closable>(thing: T): T => {
    opened.push(thing)
    return thing
  }
  let isOver = false
  async function close(): Promise<void> {
    isOver = true
    for (const thing of opened.reverse()) await thing.close()
  }
  try {
    const { place, placeOfSecond = place, orders = {}, insistence = STEADY } = plan
    const seats = [
      add(await takeSeat({ store: place, ...orders }, plan.surroundings)),
      add(await takeSeat({ store: placeOfSecond, ...orders })),
    ] as const
    const [{ url }, { url: other }] = seats
    const readers = [
      add(await startTyped(url, 'reader-0', CHANNEL)),
      add(await startTyped(other, 'reader-1', CHANNEL)),
      add(await startStock(other, 'stock', CHANNEL)),
    ]
    const senders = seats.map((seat, n) => add(startInsistent(seat.url, `sender-${n}`, insistence)))
    const sending = Promise.all(senders.map((sender) => sender.run(CHANNEL, () => isOver)))
    // It may fail while something else is waited for.
    sending.catch(() => undefined)
    async function rest(): Promise<void> {
      isOver = true
      await sending
    }
    return { seats, readers, senders, ...createWatch(senders, readers), others: [], facts: {}, rest, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Whoever looks on, and takes the time. */
function createWatch(
  senders: readonly InsistentSender[],
  readers: readonly ReaderApp[],
): Pick<Crew, 'flows' | 'sees' | 'waits' | 'holdings'> {
  const waits: Wait[] = []

  async function wait(
    what: string,
    limitMs: number,
    check: () => boolean | Promise<boolean>,
  ): Promise<boolean> {
    const began = performance.now()
    const isSo = await until(check, what, limitMs).then(
      () => true,
      () => false,
    )
    waits.push({ what, ms: isSo ? performance.now() - began : null, limitMs })
    return isSo
  }

  return {
    waits,
    holdings: [],
    async sees(what, check, limitMs) {
      await wait(what, limitMs, check)
    },
    async flows(what, limitMs = HEAL_MS) {
      const since = new Map(senders.map((sender) => [sender.name, sender.begun()]))
      const isNew = ({ key }: { readonly key: string }): boolean => {
        const [, name = '', count] = /^(.*)-(\d+)$/.exec(key) ?? []
        return Number(count) > (since.get(name) ?? Number.POSITIVE_INFINITY)
      }
      const missing = (): string[] => [
        ...senders.filter((sender) => !confirmedOf(sender).some(isNew)).map(({ name }) => name),
        ...readers
          .filter(({ record }) => !itemsOf(record.seen.slice(-LATEST)).some(isNew))
          .map(({ record }) => record.client),
      ]
      if (await wait(what, limitMs, () => missing().length === 0)) return
      waits.push({ what: `${what}: ${missing().join(', ')}`, ms: null, limitMs })
    },
  }
}

function confirmedOf({ sends }: InsistentSender): Send[] {
  return sends.slice(-LATEST).filter(({ outcome }) => outcome.kind === 'confirmed')
}
