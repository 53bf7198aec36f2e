import { channelStream } from '@carillon/protocol'
import { until } from '@carillon/testkit'
import { violationsOf } from '../checker.ts'
import type { Breakage } from '../node/broken-store.ts'
import type { Deadline } from '../node/dying-store.ts'
import { type ReaderApp, type SenderApp, startReader, startSender } from '../stage/applications.ts'
import { readFinalLog } from '../stage/final-log.ts'
import { startService } from '../stage/service.ts'
import { openStore, type StorePlace } from '../stores.ts'
import type { Verdict } from './scenario.ts'

export interface KillPlan {
  /** How many nodes die. */
  readonly deaths: number
  /** How each dies: by a signal from outside, or by itself at a delicate moment. */
  readonly how: 'SIGKILL' | 'SIGTERM' | Deadline['when']
  readonly senders: number
  readonly inFlight: number
  /** What is wrong with the store on purpose. */
  readonly breaks?: Breakage
}

const CHANNEL = 'devops'
const READERS = ['alice', 'carol']

/** A node that kills itself has taken this many appends. */
const APPENDS_OF_A_LIFE = 60
/** On a busy machine it takes a node a while to confirm so many. */
const SENDS_OF_A_LIFE = 40
const LIFE_MS = 300
const HEAL_MS = 30_000

/** R33, R34, R36: nodes die under load, one after the other, and another takes the place of each. */
export async function killLoop(place: StorePlace, plan: KillPlan): Promise<Verdict> {
  const { how } = plan
  const isSignal = how === 'SIGKILL' || how === 'SIGTERM'
  const service = await startService({
    store: place,
    breaks: plan.breaks,
    deadlineOf: (n) => (isSignal || n >= plan.deaths ? null : { after: APPENDS_OF_A_LIFE, when: how }),
  })
  const readers = await Promise.all(READERS.map((name) => startReader(service.url, name, CHANNEL)))
  const senders = Array.from({ length: plan.senders }, (_, n) =>
    startSender(service.url, `sender-${n}`, plan.inFlight),
  )
  try {
    let isOver = false
    const sending = Promise.all(senders.map((sender) => sender.run(CHANNEL, () => isOver)))
    for (let n = 0; n < plan.deaths; n++) {
      if (isSignal) {
        await livesAWhile(senders)
        await service.replace(how)
      } else await until(() => service.deaths() > n, `death ${n + 1}`, HEAL_MS)
    }
    isOver = true
    await sending
    const sends = senders.flatMap((sender) => sender.sends)
    const store = openStore(place)
    try {
      const stream = { scope: '/', kind: 'channel', name: CHANNEL } as const
      const log = await readFinalLog(store, channelStream(CHANNEL), stream)
      await until(
        () => readers.every((reader) => hasReached(reader, log.items.at(-1)?.offset)),
        'I6',
        HEAL_MS,
      )
      const history = { sends, readers: readers.map(({ record }) => record) }
      const faults = service.faults.map((what) => ({ invariant: 'I7' as const, what }))
      return {
        violations: [...violationsOf(history, [log]), ...faults],
        facts: {
          deaths: service.deaths(),
          confirmed: sends.filter(({ outcome }) => outcome.kind === 'confirmed').length,
          unknown: sends.filter(({ outcome }) => outcome.kind === 'unknown').length,
          stored: log.items.length,
        },
      }
    } finally {
      await store.close()
    }
  } finally {
    for (const app of [...readers, ...senders]) app.close()
    await service.close()
  }
}

/** Long enough for something to happen, however slow the machine. */
async function livesAWhile(senders: readonly SenderApp[]): Promise<void> {
  const told = (): number => senders.reduce((sum, { sends }) => sum + sends.length, 0)
  const before = told()
  await new Promise((resolve) => setTimeout(resolve, LIFE_MS))
  await until(() => told() >= before + SENDS_OF_A_LIFE, 'sends that were answered', HEAL_MS)
}

function hasReached({ record }: ReaderApp, offset: number | undefined): boolean {
  const last = record.seen.at(-1)
  return offset === undefined || (last?.kind === 'item' && last.offset >= offset)
}
