import { channelStream } from '@carillon/protocol'
import type { RetentionOptions } from '@carillon/store'
import { until } from '@carillon/testkit'
import { violationsOf } from '../checker.ts'
import type { FinalLog, History, Wait } from '../history.ts'
import type { Verdict } from '../scenarios/scenario.ts'
import { openStore, type StorePlace } from '../stores.ts'
import { readFinalLog } from './final-log.ts'
import type { LiveReader } from './live-reader.ts'
import type { PacedSender } from './paced-sender.ts'

/** A run that is over: everything is whole again, and nobody sends any more. */
export interface Ending {
  readonly place: StorePlace
  readonly keeps?: RetentionOptions | undefined
  readonly channels: readonly string[]
  readonly readers: readonly LiveReader[]
  readonly senders: readonly PacedSender[]
  readonly services: readonly { readonly faults: readonly string[] }[]
  /** The network failed for moments only, and the store never: nobody had a reason to give a send up. */
  readonly mayGiveUp?: false
  /** What else is to be judged. */
  readonly history?: Partial<History>
  /** Within which everybody has everything. @default 15 s */
  readonly healMs?: number
  readonly facts?: Readonly<Record<string, number>>
}

const HEAL_MS = 15_000

/** Waits until everybody has what the log has, and judges. */
export async function judge(ending: Ending): Promise<Verdict> {
  const { readers, senders, services, history = {}, facts = {} } = ending
  const logs = await readLogs(ending)
  const waits = await Promise.all(
    readers.filter(({ record }) => record.hasGone !== true).map((reader) => catchUp(reader, logs, ending)),
  )
  const sends = senders.flatMap((sender) => sender.sends).concat(history.sends ?? [])
  const whole: History = {
    ...history,
    sends,
    readers: readers.map(({ record }) => record).concat(history.readers ?? []),
    calls: senders.map(({ calls }) => calls).concat(history.calls ?? []),
    waits: waits.concat(ending.mayGiveUp === false ? senders.map(perseverance) : [], history.waits ?? []),
    faults: services.flatMap(({ faults }) => faults),
  }
  const count = (kind: string): number => sends.filter(({ outcome }) => outcome.kind === kind).length
  return {
    violations: violationsOf(whole, logs),
    facts: {
      confirmed: count('confirmed'),
      unknown: count('unknown'),
      stored: logs.reduce((sum, { items }) => sum + items.length, 0),
      ...facts,
      healedMs: Math.round(Math.max(0, ...waits.map(({ ms }) => ms ?? 0))),
    },
  }
}

/** I6 for one sender. */
function perseverance({ sends, calls }: PacedSender): Wait {
  const open = sends.filter(({ outcome }) => outcome.kind !== 'confirmed')
  const what = `every send of ${calls.sender} is confirmed (${open.length} are ${open[0]?.outcome.kind ?? 'open'})`
  return { what, ms: open.length === 0 ? 0 : null, limitMs: 0 }
}

async function readLogs({ place, keeps, channels }: Ending): Promise<FinalLog[]> {
  const store = openStore(place, keeps)
  try {
    const logs: FinalLog[] = []
    for (const name of channels) {
      logs.push(await readFinalLog(store, channelStream(name), { scope: '/', kind: 'channel', name }))
    }
    return logs
  } finally {
    await store.close()
  }
}

/** I6 for one reader. */
async function catchUp(
  { record, reached }: LiveReader,
  logs: readonly FinalLog[],
  { healMs: limitMs = HEAL_MS }: Ending,
): Promise<Wait> {
  const what = `${record.client} has everything of ${record.stream}`
  const last = logs.find(({ stream }) => stream === record.stream)?.items.at(-1)
  const began = performance.now()
  const hasAll = (): boolean => last === undefined || (reached()?.offset ?? 0) >= last.offset
  const isThere = await until(hasAll, what, limitMs).then(
    () => true,
    () => false,
  )
  return { what, ms: isThere ? performance.now() - began : null, limitMs }
}
