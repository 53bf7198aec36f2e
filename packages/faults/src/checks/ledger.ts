import type { FinalLog, History } from '../history.ts'

/** Everything that is known to have been in one stream, quick to look up. */
export interface Ledger {
  /** What the store has in the end; `undefined` when nobody looked. */
  readonly log: FinalLog | undefined
  /** The id at an offset of the log. */
  idAt(offset: number): string | undefined
  /** The offset of a key in the log. */
  offsetOf(key: string): number | undefined
  /** Offsets strictly between two of an epoch that somebody has to have got. */
  between(epoch: string, after: number, before: number): readonly number[]
}

const EVERYTHING = Number.POSITIVE_INFINITY

/**
 * What is confirmed and was trimmed since is known as well: a reader who was away for too long has to be told, and
 * the log alone no longer shows what it missed.
 */
export function ledgersOf({ sends }: History, logs: readonly FinalLog[]): (stream: string) => Ledger {
  const offsets = new Map<string, Set<number>>()
  const note = (stream: string, epoch: string, offset: number): void => {
    const name = nameOf(stream, epoch)
    const known = offsets.get(name) ?? new Set()
    offsets.set(name, known.add(offset))
  }
  for (const { stream, epoch, items } of logs) for (const { offset } of items) note(stream, epoch, offset)
  for (const { stream, outcome, mayExpire } of sends) {
    if (outcome.kind === 'confirmed' && mayExpire !== true) note(stream, outcome.epoch, outcome.offset)
  }
  const sorted = new Map([...offsets].map(([name, known]) => [name, Float64Array.from(known).sort()]))
  const logOf = new Map(logs.map((log) => [log.stream, log]))
  const ledgers = new Map<string, Ledger>()
  return (stream) => {
    const known = ledgers.get(stream)
    if (known !== undefined) return known
    const made = ledgerOf(logOf.get(stream), (epoch) => sorted.get(nameOf(stream, epoch)))
    ledgers.set(stream, made)
    return made
  }
}

function ledgerOf(log: FinalLog | undefined, offsetsOf: (epoch: string) => Float64Array | undefined): Ledger {
  const ids = new Map(log?.items.map(({ offset, id }) => [offset, id]))
  const places = new Map(log?.items.map(({ offset, key }) => [key, offset]))
  return {
    log,
    idAt: (offset) => ids.get(offset),
    offsetOf: (key) => places.get(key),
    between(epoch, after, before) {
      const offsets = offsetsOf(epoch)
      if (offsets === undefined) return []
      const from = firstAbove(offsets, after)
      const to = before === EVERYTHING ? offsets.length : firstAbove(offsets, before - 1)
      return from < to ? [...offsets.subarray(from, to)] : []
    },
  }
}

/** Where the first number above `value` stands. */
function firstAbove(sorted: Float64Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? EVERYTHING) > value) high = middle
    else low = middle + 1
  }
  return low
}

function nameOf(stream: string, epoch: string): string {
  return `${epoch} ${stream}`
}
