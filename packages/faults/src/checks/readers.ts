import type { Place, Reader } from '../history.ts'
import type { Ledger } from './ledger.ts'
import { itemsOf, type SeenItem, type Violation } from './violation.ts'

/** More than so many that are missing in one place are told in one sentence. */
const TOLD = 5

/**
 * I1, I2, I3 for one reader. What it has had counts over all of its connections. On one of them everything has to
 * rise; after a new one, a stock client may get again what it had, marked.
 */
export function judgeReader(reader: Reader, ledger: Ledger): Violation[] {
  const { client, stream, seen, kind = 'once' } = reader
  const who = `${client} on ${stream}`
  const violations: Violation[] = []
  const isStock = kind === 'stock'
  const had = new Map<string, string>()
  /** How far it has got in all, and on this connection. */
  let reached: Place | null = reader.joinedAt ?? beginningOf(reader, ledger)
  let last: Place | null = reached
  for (const entry of seen) {
    if (entry.kind === 'reset') {
      reached = null
      last = null
      had.clear()
    }
    if (entry.kind === 'lost' && isStock) last = null
    if (entry.kind !== 'item') continue
    violations.push(...comesAgain(who, had, entry, isStock), ...outOfOrder(who, reached, last, entry))
    violations.push(...leftOut(who, reached, entry, ledger))
    had.set(`${entry.epoch} ${entry.offset}`, entry.id)
    if (reached === null || reached.epoch !== entry.epoch || reached.offset < entry.offset) reached = entry
    last = entry
  }
  return reader.hasGone === true ? violations : violations.concat(missedAtTheEnd(who, reached, ledger))
}

function comesAgain(
  who: string,
  had: ReadonlyMap<string, string>,
  { epoch, offset, id, isReplayed }: SeenItem,
  mayBe: boolean,
): Violation[] {
  const former = had.get(`${epoch} ${offset}`)
  if (former === undefined) return []
  if (former !== id) {
    return [{ invariant: 'I2', what: `${who}: ${offset} is another one than before, without a word` }]
  }
  return mayBe && isReplayed === true ? [] : [{ invariant: 'I3', what: `${who}: ${offset} came twice` }]
}

/** In the epoch of the first thing that there is, before all of it. */
function beginningOf({ seen }: Reader, { log }: Ledger): Place | null {
  const epoch = itemsOf(seen)[0]?.epoch ?? log?.epoch
  return epoch === undefined ? null : { epoch, offset: 0 }
}

function outOfOrder(who: string, reached: Place | null, last: Place | null, item: SeenItem): Violation[] {
  if (reached !== null && reached.epoch !== item.epoch) {
    return [{ invariant: 'I2', what: `${who}: another epoch at ${item.offset}, without a word` }]
  }
  if (last === null || item.offset > last.offset) return []
  return [{ invariant: 'I2', what: `${who}: ${item.offset} came after ${last.offset}` }]
}

/** What is known to be between the furthest so far and this. */
function leftOut(who: string, reached: Place | null, item: SeenItem, ledger: Ledger): Violation[] {
  if (reached === null || reached.epoch !== item.epoch) return []
  return tell('I2', who, ledger.between(item.epoch, reached.offset, item.offset), 'left out')
}

function missedAtTheEnd(who: string, reached: Place | null, { log }: Ledger): Violation[] {
  if (log === undefined || reached === null) return []
  if (reached.epoch !== log.epoch) {
    if (log.items.length === 0) return []
    return [{ invariant: 'I1', what: `${who}: nothing of the epoch that the log has now` }]
  }
  const missing = log.items.map(({ offset }) => offset).filter((offset) => offset > reached.offset)
  return tell('I1', who, missing, 'missing at the end')
}

function tell(invariant: 'I1' | 'I2', who: string, offsets: readonly number[], fate: string): Violation[] {
  if (offsets.length <= TOLD)
    return offsets.map((offset) => ({ invariant, what: `${who}: ${offset} was ${fate}` }))
  return [
    { invariant, what: `${who}: ${offsets.length} from ${offsets[0]} to ${offsets.at(-1)} were ${fate}` },
  ]
}
