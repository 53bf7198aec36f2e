import { violationsOf } from '../checker.ts'
import { itemsOf, type Violation } from '../checks/violation.ts'
import type { FinalLog, History, Reader, Seen, Send } from '../history.ts'
import { phantomsOf } from './store-course.ts'

/**
 * The log of a stream between two losses. After a loss another life begins: with an earlier state of the log, with an
 * empty one, or with what somebody else wrote at the same offsets.
 */
export interface Life {
  /** Everything that was in it at its end; `null` when nobody could look before it was gone. */
  readonly log: FinalLog | null
  readonly epoch: string
  /** What stands above was written in this life. */
  readonly from: number
  /** How much each reader had been handed and told when it began, in the order of the readers. */
  readonly marks: readonly number[]
}

/**
 * Judges each life as a run of its own: what was confirmed in it is in it, and whoever read it was told that it begins,
 * got nothing of it before the word, and after the last such word all that was written in it, in order, once.
 */
export function violationsOfLives(
  history: Pick<History, 'sends' | 'readers'>,
  lives: readonly Life[],
): Violation[] {
  const homes = history.sends.map((send) => homeOf(send, lives))
  return [
    ...lives.flatMap((_, n) => judgeLife(history, lives, n, homes)),
    ...history.sends.flatMap((send, at) =>
      send.outcome.kind === 'confirmed' && homes[at] === undefined ? [homeless(send)] : [],
    ),
    ...lives.flatMap((_, n) =>
      n === 0
        ? []
        : history.readers.flatMap((reader, at) => [
            ...untold(reader, at, lives, n),
            ...hasty(reader, at, lives, n),
          ]),
    ),
  ]
}

function judgeLife(
  { sends, readers }: Pick<History, 'sends' | 'readers'>,
  lives: readonly Life[],
  n: number,
  homes: readonly (number | undefined)[],
): Violation[] {
  const life = lives[n]
  if (life?.log == null) return []
  const { log } = life
  const isLast = n === lives.length - 1
  const own = readers.map((reader, at): Reader => {
    const part = partOf(reader, at, lives, n)
    const seen = isUnharmed(reader, at, lives, n) ? part : afterWord(part, reader, n > 0)
    return { ...reader, seen, joinedAt: beginningOf(seen, life), hasGone: !isLast }
  })
  // Whatever was confirmed elsewhere was sent all the same, and may be here once more.
  const told = sends.map(
    (send, at): Send =>
      homes[at] === n || send.outcome.kind !== 'confirmed' ? send : { ...send, outcome: { kind: 'unknown' } },
  )
  const violations = [...violationsOf({ sends: told, readers: own }, [log]), ...phantomsOf(own, log)]
  return violations.map(({ invariant, what }) => ({ invariant, what: `life ${n + 1}: ${what}` }))
}

/** In which life a send was confirmed. */
function homeOf({ outcome }: Send, lives: readonly Life[]): number | undefined {
  if (outcome.kind !== 'confirmed') return undefined
  const { epoch, offset, id } = outcome
  const home = lives.findIndex(({ log, epoch: own }) => {
    if (own !== epoch) return false
    if (log === null) return true
    return offset <= log.base || log.items.some((item) => item.offset === offset && item.id === id)
  })
  return home === -1 ? undefined : home
}

function homeless({ stream, key }: Send): Violation {
  return { invariant: 'I1', what: `${stream}: "${key}" was confirmed, and was in the log at no time` }
}

/** What a reader saw while a life lasted. */
function partOf({ seen }: Reader, at: number, lives: readonly Life[], n: number): readonly Seen[] {
  return seen.slice(lives[n]?.marks[at] ?? 0, lives[n + 1]?.marks[at])
}

/**
 * After this entry comes what is of the life alone: the last word that the log was lost; or, for a stock client that
 * was cut off, its next join, for its place is the server's and was put back with everything else.
 */
function lastWord(seen: readonly Seen[], { kind }: Reader): number {
  const kinds = seen.map((entry) => entry.kind)
  const word = kinds.lastIndexOf('reset')
  return word === -1 && kind === 'stock' ? kinds.indexOf('joined') : word
}

function afterWord(seen: readonly Seen[], reader: Reader, isAfterLoss: boolean): readonly Seen[] {
  if (!isAfterLoss) return seen
  const at = lastWord(seen, reader)
  return at === -1 ? [] : seen.slice(at + 1)
}

/** Entitled to what was written in this life, and to no hole in what it got of before. */
function beginningOf(seen: readonly Seen[], { epoch, from }: Life): Reader['joinedAt'] {
  const first = itemsOf(seen).find((item) => item.epoch === epoch)
  return { epoch, offset: Math.min(from, (first?.offset ?? from + 1) - 1) }
}

/** Whoever had nothing yet of what was lost, and goes on from there, need not be told. */
function isUnharmed(reader: Reader, at: number, lives: readonly Life[], n: number): boolean {
  const life = lives[n]
  if (life === undefined || n === 0 || lastWord(partOf(reader, at, lives, n), reader) !== -1) return false
  const before = itemsOf(reader.seen.slice(0, life.marks[at])).at(-1)
  return before !== undefined && before.epoch === life.epoch && before.offset <= life.from
}

/** A life that begins without a word. */
function untold(reader: Reader, at: number, lives: readonly Life[], n: number): Violation[] {
  if (lastWord(partOf(reader, at, lives, n), reader) !== -1 || isUnharmed(reader, at, lives, n)) return []
  return [{ invariant: 'I2', what: `${reader.client}, life ${n + 1}: was never told that the log was lost` }]
}

/**
 * What comes before the word that a life begins is of the life before. Whoever had got more, and was cut off before the
 * word, would come back with a place that fits.
 */
function hasty(reader: Reader, at: number, lives: readonly Life[], n: number): Violation[] {
  const part = partOf(reader, at, lives, n)
  const word = part.findIndex(
    ({ kind }) => kind === 'reset' || (reader.kind === 'stock' && kind === 'joined'),
  )
  // Who is never told is judged elsewhere.
  const early = itemsOf(part.slice(0, Math.max(0, word))).filter((item) => !isOf(lives[n - 1], item))
  if (early.length === 0) return []
  const what = `${reader.client}, life ${n + 1}: ${early.length} came before the word that the log was lost`
  return [{ invariant: 'I2', what }]
}

function isOf(
  life: Life | undefined,
  { epoch, offset, id }: { epoch: string; offset: number; id: string },
): boolean {
  if (life === undefined || life.epoch !== epoch) return false
  return life.log === null || life.log.items.some((item) => item.offset === offset && item.id === id)
}
