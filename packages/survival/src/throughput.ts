import { loadavg } from 'node:os'
import { type Spread, spreadOf } from '@carillon/bench'
import { PACES, type Pace } from './appender/orders.ts'
import { type PaceProcess, startPaces } from './appender-process.ts'
import type { Ground } from './grounds.ts'
import type { Setting } from './settings.ts'
import { measureSyncMs } from './sync-time.ts'

export interface ThroughputPlan {
  readonly rounds: number
  /** How long each store appends at each pace, in each round. */
  readonly ms: number
}

/** Appends per second of one setting, round by round, and of the memory store right before. */
export interface Rates {
  readonly own: Record<Pace, number[]>
  readonly memory: Record<Pace, number[]>
}

export interface Throughput {
  readonly rounds: number
  readonly ratesOf: ReadonlyMap<Setting, Rates>
  /** Milliseconds that the disk took to sync a page, round by round. */
  readonly syncMs: Spread
  /** The load of the machine, round by round. */
  readonly load: Spread
}

interface Lane {
  readonly setting: Setting
  readonly process: PaceProcess
  readonly rates: Rates
}

/** The memory store is quick: what it is compared with needs less time of it. */
const MEMORY_SHARE = 0.4

/** All stores side by side: in each round each of them takes its turn, in an order that changes. */
export async function measureThroughput(
  settings: readonly Setting[],
  { rounds, ms }: ThroughputPlan,
): Promise<Throughput> {
  const grounds: Ground[] = []
  const lanes: Lane[] = []
  const syncs: number[] = []
  const loads: number[] = []
  const memory = startPaces({ place: { kind: 'memory' } })
  try {
    for (const setting of settings) {
      const ground = await setting.prepare()
      grounds.push(ground)
      const rates = { own: emptyRates(), memory: emptyRates() }
      lanes.push({ setting, process: startPaces({ place: ground.place }), rates })
    }
    // The first round finds everything cold and does not count.
    for (let round = 0; round <= rounds; round++) {
      syncs.push(measureSyncMs())
      loads.push(loadavg()[0] ?? 0)
      for (const { process, rates } of rotated(lanes, round)) {
        for (const pace of PACES) {
          const beside = await memory.ask({ pace, ms: ms * MEMORY_SHARE })
          const own = await process.ask({ pace, ms })
          if (round === 0) continue
          rates.memory[pace].push(beside)
          rates.own[pace].push(own)
        }
      }
    }
  } finally {
    await Promise.all([memory, ...lanes.map(({ process }) => process)].map((process) => process.close()))
    await Promise.all(grounds.map((ground) => ground.close()))
  }
  const ratesOf = new Map(lanes.map(({ setting, rates }) => [setting, rates]))
  return { rounds, ratesOf, syncMs: spreadOf(syncs), load: spreadOf(loads) }
}

function emptyRates(): Record<Pace, number[]> {
  return { 'one by one': [], '64 in a call': [], '64 calls at once': [] }
}

/** Backwards every other round, so that nobody always follows the same one. */
function rotated(lanes: readonly Lane[], round: number): Lane[] {
  const at = round % Math.max(1, lanes.length)
  const order = [...lanes.slice(at), ...lanes.slice(0, at)]
  return round % 2 === 0 ? order : order.reverse()
}

/** How many times as fast, round by round. */
export function ratioOf(rates: readonly number[], to: readonly number[]): Spread {
  return spreadOf(rates.map((rate, round) => rate / (to[round] ?? Number.NaN)))
}
