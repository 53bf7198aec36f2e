import { channelStream } from '@carillon/protocol'
import { until } from '@carillon/testkit'
import { violationsOf } from '../checker.ts'
import { itemsOf, type Violation } from '../checks/violation.ts'
import type { FinalLog, History, Reader, Send } from '../history.ts'
import { readFinalLog } from '../stage/final-log.ts'
import { openStore, type StorePlace } from '../stores.ts'
import type { Verdict } from './scenario.ts'
import { type Crew, type CrewPlan, HEAL_MS, STREAM, startCrew } from './store-crew.ts'
import type { ReaderApp } from './store-readers.ts'

/**
 * The whole course of a fault that loses nothing: nodes, load, faults, and everything that was confirmed is there.
 *
 * @param direct where the log can be read in the end, whatever is on the way from the nodes
 * @param disturb makes the faults, and has everything healed when it ends
 */
export async function underLoad(
  plan: CrewPlan,
  direct: StorePlace,
  disturb: (crew: Crew) => Promise<void>,
): Promise<Verdict> {
  const crew = await startCrew(plan)
  try {
    await crew.flows('the first notifications')
    await disturb(crew)
    const log = await settle(crew, direct)
    const { waits, holdings } = crew
    const history = {
      sends: sendsOf(crew),
      readers: crew.readers.map(({ record }) => record),
      waits,
      holdings,
      faults: faultsOf(crew),
    }
    const violations = [
      ...violationsOf(history, [log]),
      ...phantomsOf(history.readers, log),
      ...namesakesOf(log),
      ...lossesOf(history, log),
    ]
    return { violations, facts: factsOf(crew, log) }
  } finally {
    await crew.close()
  }
}

export function sendsOf({ senders, others }: Crew): Send[] {
  return [...senders.flatMap(({ sends }) => sends), ...others]
}

export function faultsOf({ seats }: Crew): string[] {
  return seats.flatMap(({ faults }) => faults)
}

/** The log as it is now. */
export async function readLog(place: StorePlace): Promise<FinalLog> {
  const store = openStore(place)
  try {
    return await readFinalLog(store, channelStream(STREAM.name), STREAM)
  } finally {
    await store.close()
  }
}

/** Ends the load, looks at the log, and waits until everybody has everything. */
export async function settle(crew: Crew, direct: StorePlace): Promise<FinalLog> {
  await crew.rest()
  const log = await readLog(direct)
  const last = log.items.at(-1)
  const hasAll = ({ record }: ReaderApp): boolean =>
    last === undefined || itemsOf(record.seen.slice(-FEW)).some(({ id }) => id === last.id)
  // Whoever never gets there is told by what is missing.
  await until(() => crew.readers.every(hasAll), 'everybody has everything', HEAL_MS).catch(() => undefined)
  return log
}

const FEW = 10

export function factsOf(crew: Crew, log: FinalLog): Record<string, number> {
  const { senders, waits, facts } = crew
  const sends = sendsOf(crew)
  const answered = (how: 'unknown' | 'refused'): number =>
    senders.reduce((sum, { answers }) => sum + answers[how], 0)
  return {
    confirmed: sends.filter(({ outcome }) => outcome.kind === 'confirmed').length,
    unknown: answered('unknown'),
    refused: answered('refused'),
    stored: log.items.length,
    slowestHealMs: Math.round(Math.max(0, ...waits.map(({ ms }) => ms ?? 0))),
    ...facts,
  }
}

/** I5 in its strictest form: what was delivered is in the log. [G6] */
export function phantomsOf(readers: readonly Reader[], { epoch, base, items }: FinalLog): Violation[] {
  const ids = new Set(items.map(({ id }) => id))
  return readers.flatMap(({ client, seen }) =>
    itemsOf(seen).flatMap((item) =>
      item.epoch !== epoch || item.offset <= base || ids.has(item.id)
        ? []
        : [
            {
              invariant: 'I5' as const,
              what: `${client}: ${item.offset} was delivered and is not in the log`,
            },
          ],
    ),
  )
}

/** I4 the other way round: two notifications have two ids. */
function namesakesOf({ stream, items }: FinalLog): Violation[] {
  const places = new Map<string, number>()
  return items.flatMap(({ id, offset }) => {
    const other = places.get(id)
    places.set(id, offset)
    if (other === undefined) return []
    return [{ invariant: 'I4' as const, what: `${stream}: ${other} and ${offset} have one id` }]
  })
}

/** Where nothing can be lost, nobody is told that something was, and everything is confirmed in the one log. */
function lossesOf({ sends, readers }: Pick<History, 'sends' | 'readers'>, { epoch }: FinalLog): Violation[] {
  const elsewhere = sends.filter(({ outcome }) => outcome.kind === 'confirmed' && outcome.epoch !== epoch)
  const misled = readers.filter(({ seen }) => seen.some(({ kind }) => kind === 'reset'))
  return [
    ...elsewhere.map(({ key }) => ({
      invariant: 'I1' as const,
      what: `"${key}" was confirmed in another log`,
    })),
    ...misled.map(({ client }) => ({
      invariant: 'I2' as const,
      what: `${client} was told of a loss: there is none`,
    })),
  ]
}
