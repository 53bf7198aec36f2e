import type { CursorSight, History, Reader, Seen } from '../history.ts'
import type { Ledger } from './ledger.ts'
import type { Violation } from './violation.ts'

type Joined = Extract<Seen, { kind: 'joined' }>

/** A join and what its connection brought after it. */
interface Visit {
  readonly joined: Joined
  /** Items at or below the cut: they were missed. */
  missed: number
  /** Something above the cut came, so nothing below it was still to come. */
  hasLive: boolean
  isLost: boolean
}

/** I10: `pendingCount` is what follows, and what the cursor was behind. */
export function miscounted({ readers }: History, ledgerOf: (stream: string) => Ledger): Violation[] {
  return readers.flatMap((reader) => {
    const who = `${reader.client} on ${reader.stream}`
    return visitsOf(reader).flatMap((visit) =>
      [wrongCount(visit), wrongCursor(visit, ledgerOf(reader.stream))].flatMap((what) =>
        what === null ? [] : [{ invariant: 'I10' as const, what: `${who}: ${what}` }],
      ),
    )
  })
}

function visitsOf({ seen }: Reader): Visit[] {
  const visits: Visit[] = []
  let visit: Visit | null = null
  for (const entry of seen) {
    if (entry.kind === 'joined') {
      visit = { joined: entry, missed: 0, hasLive: false, isLost: false }
      visits.push(visit)
    }
    if (visit === null) continue
    // A log that begins anew on the way has counts of its own.
    if (entry.kind === 'lost' || (entry.kind === 'reset' && visit.missed > 0)) visit.isLost = true
    if (entry.kind !== 'item' || visit.isLost || entry.epoch !== visit.joined.epoch) continue
    if (entry.offset <= visit.joined.offset) visit.missed += 1
    else visit.hasLive = true
  }
  return visits
}

function wrongCount({ joined, missed, hasLive, isLost }: Visit): string | null {
  const { pendingCount, hasMore } = joined
  if (missed > pendingCount) return `${pendingCount} were announced, and ${missed} followed`
  // Of several pages only the upper bound is announced; a connection that broke had more on its way.
  const isOpen = hasMore || (isLost && !hasLive)
  return missed === pendingCount || isOpen
    ? null
    : `${pendingCount} were announced, and only ${missed} followed`
}

function wrongCursor({ joined }: Visit, { log }: Ledger): string | null {
  const { cursor, epoch, offset, pendingCount, hasMore } = joined
  if (cursor === undefined || hasMore || cursor.epoch !== epoch || log?.epoch !== epoch) return null
  const behind = log.items.filter((item) => item.offset > cursor.offset && item.offset <= offset).length
  return behind === pendingCount ? null : `${pendingCount} were announced, ${behind} were after the cursor`
}

/** I10 for what counts rest on: a cursor never goes back within an epoch. */
export function regressed({ cursors = [] }: History): Violation[] {
  const lastOf = new Map<string, CursorSight>()
  return cursors.flatMap((sight) => {
    const name = `${sight.subscriber} on ${sight.stream}`
    const last = lastOf.get(name)
    lastOf.set(name, sight)
    if (last === undefined || last.epoch !== sight.epoch || last.offset <= sight.offset) return []
    return [
      {
        invariant: 'I10' as const,
        what: `the cursor of ${name} went from ${last.offset} to ${sight.offset}`,
      },
    ]
  })
}

/** I6: healed in time. */
export function late({ waits = [] }: History): Violation[] {
  return waits.flatMap(({ what, ms, limitMs }) => {
    if (ms !== null && ms <= limitMs) return []
    const took = ms === null ? 'never happened' : `took ${Math.round(ms)} ms`
    return [{ invariant: 'I6' as const, what: `${what}: ${took}, ${limitMs} ms are allowed` }]
  })
}

/** I8: nothing has grown for good. */
export function grown({ holdings = [] }: History): Violation[] {
  return holdings.flatMap(({ what, before, after, slack }) =>
    after <= before + slack
      ? []
      : [
          {
            invariant: 'I8' as const,
            what: `${what}: ${after}, before ${before}, ${slack} more are allowed`,
          },
        ],
  )
}
