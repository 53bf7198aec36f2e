import type { Alive, ChurnResult } from './churn.ts'
import type { Memory } from './process/memory.ts'
import type { ReplayResult } from './replay.ts'
import { secondHalf, slopeOf } from './trend.ts'

/** One quantity of one process over a run. */
export interface Trend {
  readonly process: 'server' | 'clients'
  readonly quantity: keyof Memory
  readonly first: number
  readonly middle: number
  readonly last: number
  /** How much it grows for each step of the second half: a visit, or a notification. */
  readonly slope: number
  /** The bound; `null` where growth has another reason than the product. */
  readonly atMost: number | null
}

/** Something that grows and must not, in words. */
export type Complaint = string

type Readings = readonly { readonly server: Memory; readonly clients: Memory }[]
type Bounds = Readonly<Partial<Record<keyof Memory, number>>>
type BothBounds = { readonly server: Bounds; readonly clients: Bounds }

/**
 * Bytes for each visit or notification. What is kept of one costs more than that, however little it is: an empty
 * object is 28 bytes or more, an entry of a Map with its key more still. Allocators and the page caches of SQLite
 * take their time to fill, so what the whole process has of the machine may move more.
 */
const BYTES: Bounds = { heap: 16, threads: 16, outside: 16 }
const EVERYTHING: Bounds = { ...BYTES, resident: 1_000, files: 0.001, handles: 0.001 }
const LONG_BOUNDS = { server: EVERYTHING, clients: EVERYTHING }

/** A short run is too short for all that fills up once: it finds what is kept of every visit, and no less. */
const SHORT_BOUNDS = {
  server: { heap: 4_000, threads: 20_000, outside: 4_000 },
  clients: { heap: 1_500, outside: 1_500 },
}

/** Largest heap in the midst of a replay, above the first reading. */
const REPLAY_PEAK_BYTES = 8 * 2 ** 20

const QUANTITIES: readonly (keyof Memory)[] = [
  'heap',
  'code',
  'threads',
  'outside',
  'resident',
  'files',
  'handles',
]

function trendsOf(readings: Readings, steps: readonly number[], bounds: BothBounds): Trend[] {
  const points = readings.map((reading, index) => ({ reading, at: steps[index] ?? 0 }))
  const half = secondHalf(points)
  return (['server', 'clients'] as const).flatMap((process) =>
    QUANTITIES.map((quantity) => {
      const readingOf = (reading: Readings[number] | undefined): number => reading?.[process][quantity] ?? 0
      return {
        process,
        quantity,
        first: readingOf(readings[0]),
        middle: readingOf(half[0]?.reading),
        last: readingOf(readings.at(-1)),
        slope: slopeOf(half.map(({ reading, at }) => ({ at, value: readingOf(reading) }))),
        atMost: bounds[process][quantity] ?? null,
      }
    }),
  )
}

export function churnTrends({ readings }: ChurnResult, isShort: boolean): Trend[] {
  const steps = readings.map(({ visits }) => visits)
  return trendsOf(readings, steps, isShort ? SHORT_BOUNDS : LONG_BOUNDS)
}

export function replayTrends({ readings }: ReplayResult): Trend[] {
  const steps = readings.map(({ items }) => items)
  return trendsOf(readings, steps, { server: BYTES, clients: BYTES })
}

/** Everything that is wrong with a run of visits. */
export function churnComplaints(result: ChurnResult, isShort: boolean): Complaint[] {
  const { before, amid, after, empty } = result
  return [
    ...growing(churnTrends(result, isShort), 'visit'),
    ...differing(before, after, (was, is) => is !== was, 'after the last visit'),
    ...differing(NOTHING, { ...empty, places: {} }, (_, is) => is !== 0, 'when nobody is there'),
    // What is never more than at rest was perhaps not counted at all.
    ...differing(before, { ...amid, places: {} }, (was, is) => is <= was, 'amid the visits'),
  ]
}

const NOTHING: Alive = { server: {}, clients: {}, places: {} }

function differing(
  one: Alive,
  other: Alive,
  isWrong: (was: number, is: number) => boolean,
  when: string,
): Complaint[] {
  return (['server', 'clients', 'places'] as const).flatMap((where) =>
    Object.entries(other[where]).flatMap(([name, is]) => {
      const was = one[where][name] ?? 0
      return isWrong(was, is) ? [`${where}: ${is} ${name} ${when}, ${was} before`] : []
    }),
  )
}

/** Everything that is wrong with a replay. */
export function replayComplaints(result: ReplayResult): Complaint[] {
  const { plan, progress, readings } = result
  const peaks = (['server', 'clients'] as const).flatMap((process) => {
    const heaps = readings.map((reading) => reading[process].heap)
    const peak = Math.max(...heaps) - (heaps[0] ?? 0)
    return peak > REPLAY_PEAK_BYTES ? [`${process}: the heap grew by ${peak} bytes during the replay`] : []
  })
  return [
    ...(progress.items === plan.items ? [] : [`${progress.items} of ${plan.items} came`]),
    ...(progress.faults === 0 ? [] : [`${progress.faults} were out of order`]),
    ...growing(replayTrends(result), 'notification'),
    ...peaks,
  ]
}

function growing(trends: readonly Trend[], step: string): Complaint[] {
  return trends.flatMap(({ process, quantity, slope, atMost }) =>
    atMost !== null && slope > atMost
      ? [
          `${process}: ${quantity} grows by ${slope.toFixed(1)} for each ${step}, at most ${atMost} is allowed`,
        ]
      : [],
  )
}
