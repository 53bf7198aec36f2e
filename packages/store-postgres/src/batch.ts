import { type AppendOutcome, type NewEntry, streamTag } from '@carillon/store'
import { type Row, rowOf } from './entries.ts'
import { isAboutData } from './errors.ts'

/** The item that has a row's key: the row's own, or one that was there before. */
export interface Fact {
  readonly outcome: 'found'
  readonly epoch: string
  readonly offset: number
  readonly id: string
  readonly timestamp: number
  readonly expiresAt: number | null
  readonly hash: string
  readonly isNew: boolean
}

/** What became of a row that has no item, or perhaps has one. */
export type Failure = Extract<AppendOutcome, { readonly cause: unknown }>

/** Entries that use one key of one stream: at most one of them makes an item. */
interface Group {
  readonly members: { readonly at: number; readonly row: Row }[]
}

/** One call of `append`, read once and at once: what becomes of the caller's objects later does not matter. */
export interface Batch {
  readonly outcomes: (AppendOutcome | undefined)[]
  readonly groups: readonly Group[]
}

export function readBatch(entries: readonly NewEntry[]): Batch {
  const outcomes: (AppendOutcome | undefined)[] = []
  const groups = new Map<string, Group>()
  for (const [at, entry] of entries.entries()) {
    try {
      const row = rowOf(entry)
      outcomes.push(undefined)
      const tag = row.key + streamTag(row.stream)
      const group = groups.get(tag)
      if (group === undefined) groups.set(tag, { members: [{ at, row }] })
      else group.members.push({ at, row })
    } catch (cause) {
      outcomes.push({ outcome: 'refused', cause })
    }
  }
  return { outcomes, groups: [...groups.values()] }
}

/**
 * Writes a batch with the help of `write`, which takes rows of different keys. A key that comes several times
 * in a batch goes to the database once; should that one row be refused, the next of its entries has its chance.
 */
export async function writeBatch(
  { outcomes, groups }: Batch,
  write: (rows: readonly Row[]) => Promise<readonly (Fact | Failure)[]>,
): Promise<readonly AppendOutcome[]> {
  let waiting = groups
  while (waiting.length > 0) {
    const found = await write(waiting.flatMap(({ members }) => members.slice(0, 1).map(({ row }) => row)))
    waiting = waiting.flatMap(({ members }, index) => {
      const result = found[index] ?? { outcome: 'unknown', cause: new Error('no answer for an entry') }
      const [first, ...others] = members
      if (isItsOwnFault(result) && first !== undefined && others.length > 0) {
        outcomes[first.at] = result
        return [{ members: others }]
      }
      for (const member of members) outcomes[member.at] = outcomeOf(member.row, result, member === first)
      return []
    })
  }
  return outcomes.map((outcome) => outcome ?? { outcome: 'unknown', cause: new Error('no answer') })
}

function isItsOwnFault(result: Fact | Failure): result is Failure {
  return result.outcome === 'refused' && isAboutData(result.cause)
}

function outcomeOf(row: Row, result: Fact | Failure, isFirst: boolean): AppendOutcome {
  if (result.outcome !== 'found') return result
  const { epoch, offset, id, timestamp, expiresAt, hash, isNew } = result
  if (hash !== row.hash) return { outcome: 'conflict' }
  return { outcome: 'written', epoch, offset, id, timestamp, expiresAt, duplicate: !(isFirst && isNew) }
}
