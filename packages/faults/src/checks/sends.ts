import type { FinalLog, History } from '../history.ts'
import type { Ledger } from './ledger.ts'
import { itemsOf, type Violation } from './violation.ts'

/** I1: what was confirmed is there. */
export function unkept({ sends }: History, ledgerOf: (stream: string) => Ledger): Violation[] {
  return sends.flatMap(({ stream, key, outcome }) => {
    const { log, idAt, offsetOf } = ledgerOf(stream)
    if (outcome.kind === 'kept') {
      if (log === undefined || offsetOf(key) !== undefined) return []
      return [
        { invariant: 'I1', what: `${stream}: "${key}" was kept over the end of its sender, and never came` },
      ]
    }
    if (outcome.kind !== 'confirmed') return []
    // A log that was lost as a whole has another epoch, and says so to everybody.
    if (log === undefined || log.epoch !== outcome.epoch || outcome.offset <= log.base) return []
    if (idAt(outcome.offset) === outcome.id) return []
    return [
      { invariant: 'I1', what: `${stream}: "${key}" was confirmed at ${outcome.offset}, and is not there` },
    ]
  })
}

/** I2: what was called one after the other lies one after the other. */
export function disordered({ calls = [] }: History, ledgerOf: (stream: string) => Ledger): Violation[] {
  return calls.flatMap(({ sender, stream, keys }) => {
    const { offsetOf } = ledgerOf(stream)
    let last = 0
    return keys.flatMap((key) => {
      const offset = offsetOf(key)
      if (offset === undefined) return []
      const isBehind = offset > last
      last = Math.max(last, offset)
      if (isBehind) return []
      return [
        { invariant: 'I2' as const, what: `${stream}: "${key}" of ${sender} lies before an earlier call` },
      ]
    })
  })
}

/** I4: one key, one notification. */
export function doubled({ sends, readers }: History, logs: readonly FinalLog[]): Violation[] {
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
  const many = [...idsOf].filter(([, ids]) => ids.size > 1)
  const twice = many.map(([name, ids]) => `${name} became ${ids.size} notifications`)
  return [...twice, ...newTwice(sends)].map((what) => ({ invariant: 'I4', what }))
}

/** Of several answers to one key only one can be that it is new. */
function newTwice(sends: History['sends']): string[] {
  const fresh = sends.filter(({ outcome }) => outcome.kind === 'confirmed' && outcome.isDuplicate === false)
  const known = new Set<string>()
  const again = fresh
    .map(({ stream, key }) => `${stream} "${key}"`)
    .filter((name) => known.size === known.add(name).size)
  return again.map((name) => `${name} was confirmed twice as a new one`)
}

/** I5: nothing that nobody sent. A key that was refused and taken later was sent. */
export function invented({ sends, readers }: History): Violation[] {
  const known = new Set<string>()
  for (const { stream, key, outcome } of sends) {
    if (outcome.kind !== 'refused') known.add(`${stream} ${key}`)
  }
  return readers.flatMap(({ client, stream, seen }) =>
    itemsOf(seen).flatMap(({ key, offset }) =>
      known.has(`${stream} ${key}`)
        ? []
        : [{ invariant: 'I5' as const, what: `${client} on ${stream}: nobody sent what came at ${offset}` }],
    ),
  )
}
