import type { Confirmed, FinalLog, History, Reader, Seen } from './history.ts'

/** Something that a client saw and must not have seen, or the other way round, with the number of the invariant. */
export interface Violation {
  readonly invariant: 'I1' | 'I2' | 'I3' | 'I4' | 'I5'
  readonly what: string
}

type Item = Extract<Seen, { kind: 'item' }>
type Place = Pick<Item, 'epoch' | 'offset'>

/**
 * Judges a whole run after everything has healed.
 *
 * - I1: what was confirmed is in the log, and reached every reader who was entitled to it
 * - I2: each reader got a stream in the order of its offsets, and nothing was left out without a word
 * - I3: nothing twice
 * - I4: one key, one notification
 * - I5: nothing that nobody sent
 */
export function violationsOf(history: History, logs: readonly FinalLog[]): Violation[] {
  const logOf = new Map(logs.map((log) => [log.stream, log]))
  return [
    ...unkept(history, logOf),
    ...history.readers.flatMap((reader) => judge(reader, logOf.get(reader.stream))),
    ...doubled(history, logs),
    ...invented(history),
  ]
}

function unkept({ sends }: History, logOf: ReadonlyMap<string, FinalLog>): Violation[] {
  return sends.flatMap(({ stream, key, outcome }) => {
    if (outcome.kind !== 'confirmed') return []
    const log = logOf.get(stream)
    // A log that was lost as a whole has another epoch, and says so to everybody.
    if (log === undefined || log.epoch !== outcome.epoch || outcome.offset <= log.base) return []
    const kept = log.items.find(({ offset }) => offset === outcome.offset)
    if (kept?.id === outcome.id) return []
    return [
      { invariant: 'I1', what: `${stream}: "${key}" was confirmed at ${outcome.offset}, and is not there` },
    ]
  })
}

function judge(reader: Reader, log: FinalLog | undefined): Violation[] {
  const { client, stream, seen } = reader
  const who = `${client} on ${stream}`
  const violations: Violation[] = []
  const ids = new Set<string>()
  let last: Place | null = reader.joinedAt ?? beginningOf(reader, log)
  for (const entry of seen) {
    if (entry.kind === 'reset') {
      last = null
      continue
    }
    if (ids.has(entry.id)) violations.push({ invariant: 'I3', what: `${who}: ${entry.offset} came twice` })
    ids.add(entry.id)
    violations.push(...outOfOrder(who, last, entry, log))
    last = entry
  }
  return violations.concat(missedAtTheEnd(who, last, log))
}

/** In the epoch of the first thing that there is, before all of it. */
function beginningOf({ seen }: Reader, log: FinalLog | undefined): Place | null {
  const epoch = itemsOf(seen)[0]?.epoch ?? log?.epoch
  return epoch === undefined ? null : { epoch, offset: 0 }
}

function outOfOrder(who: string, last: Place | null, item: Item, log: FinalLog | undefined): Violation[] {
  if (last === null) return []
  if (last.epoch !== item.epoch) {
    return [{ invariant: 'I2', what: `${who}: another epoch at ${item.offset}, without a word` }]
  }
  if (item.offset <= last.offset) {
    return [{ invariant: 'I2', what: `${who}: ${item.offset} came after ${last.offset}` }]
  }
  return leftOut(who, last.offset, item.offset, item.epoch, log)
}

/** What the log has between two offsets that followed each other. */
function leftOut(
  who: string,
  after: number,
  before: number,
  epoch: string,
  log: FinalLog | undefined,
): Violation[] {
  if (log === undefined || log.epoch !== epoch) return []
  const missing = log.items.filter(({ offset }) => offset > after && offset < before)
  return missing.map(({ offset }) => ({ invariant: 'I2', what: `${who}: ${offset} was left out` }))
}

function missedAtTheEnd(who: string, last: Place | null, log: FinalLog | undefined): Violation[] {
  if (log === undefined || last === null) return []
  if (last.epoch !== log.epoch) {
    if (log.items.length === 0) return []
    return [{ invariant: 'I1', what: `${who}: nothing of the epoch that the log has now` }]
  }
  const missing = log.items.filter(({ offset }) => offset > last.offset)
  return missing.map(({ offset }) => ({ invariant: 'I1', what: `${who}: ${offset} never came` }))
}

function doubled({ sends, readers }: History, logs: readonly FinalLog[]): Violation[] {
  const idsOf = new Map<string, Set<string>>()
  const note = (stream: string, key: string, id: string): void => {
    const name = `${stream} "${key}"`
    idsOf.set(name, (idsOf.get(name) ?? new Set()).add(id))
  }
  for (const { stream, key, outcome } of sends) {
    if (outcome.kind === 'confirmed') note(stream, key, outcome.id)
  }
  for (const { stream, items } of logs) for (const { key, id } of items) note(stream, key, id)
  for (const { stream, seen } of readers) for (const item of itemsOf(seen)) note(stream, item.key, item.id)
  return [...idsOf].flatMap(([name, ids]) =>
    ids.size > 1 ? [{ invariant: 'I4' as const, what: `${name} became ${ids.size} notifications` }] : [],
  )
}

function invented({ sends, readers }: History): Violation[] {
  const known = new Map<string, Confirmed | null>()
  for (const { stream, key, outcome } of sends) {
    known.set(`${stream} ${key}`, outcome.kind === 'confirmed' ? outcome : null)
    if (outcome.kind === 'refused') known.delete(`${stream} ${key}`)
  }
  return readers.flatMap(({ client, stream, seen }) =>
    itemsOf(seen).flatMap(({ key, offset }) =>
      known.has(`${stream} ${key}`)
        ? []
        : [{ invariant: 'I5' as const, what: `${client} on ${stream}: nobody sent what came at ${offset}` }],
    ),
  )
}

function itemsOf(seen: readonly Seen[]): Item[] {
  return seen.filter((entry): entry is Item => entry.kind === 'item')
}
