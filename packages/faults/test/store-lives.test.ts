import { expect, test } from 'vitest'
import type { FinalLog, Reader, Seen, Send } from '../src/history.ts'
import { type Life, violationsOfLives } from '../src/scenarios/store-lives.ts'

/*
 * A log of which 3 and 4 are lost, and given again to others: `a3` and `a4` before, `b3` to `b5` after.
 * Ids: FC1, FC2
 */
const STREAM = 'c:devops'
const EPOCH = 'e1'

const item = (offset: number, life: 'a' | 'b'): Seen => {
  const id = `${life}${offset}`
  return { kind: 'item', id, epoch: EPOCH, offset, key: `k-${id}` }
}
const RESET: Seen = { kind: 'reset', reason: 'id-mismatch' }
const JOINED: Seen = { kind: 'joined', epoch: EPOCH, offset: 5, pendingCount: 3, hasMore: false }
const of = (...names: string[]): Seen[] =>
  names.map((name) => item(Number(name.slice(1)), name.startsWith('a') ? 'a' : 'b'))

const logOf = (...names: string[]): FinalLog => ({
  stream: STREAM,
  epoch: EPOCH,
  base: 0,
  items: names.map((id) => ({ id, offset: Number(id.slice(1)), key: `k-${id}` })),
})
const BEFORE = logOf('a1', 'a2', 'a3', 'a4')
const AFTER = logOf('a1', 'a2', 'b3', 'b4', 'b5')
const HAD = of('a1', 'a2', 'a3', 'a4')
const ALL = ['a1', 'a2', 'a3', 'a4', 'b3', 'b4', 'b5']

const confirmed = (id: string): Send => ({
  sender: 'bob',
  stream: STREAM,
  key: `k-${id}`,
  outcome: { kind: 'confirmed', id, epoch: EPOCH, offset: Number(id.slice(1)) },
})

/** What is found when a reader sees this after the loss. */
function found(after: readonly Seen[], kind: Reader['kind'] = 'once', sends = ALL.map(confirmed)) {
  const seen = [...HAD, ...after]
  const reader: Reader = { client: 'alice', stream: STREAM, joinedAt: null, seen, kind }
  const lives: Life[] = [
    { log: BEFORE, epoch: EPOCH, from: 0, marks: [0] },
    { log: AFTER, epoch: EPOCH, from: 2, marks: [HAD.length] },
  ]
  const violations = violationsOfLives({ sends, readers: [reader] }, lives)
  return violations.map(({ invariant }) => invariant)
}

test.each<[string, Seen[]]>([
  ['what was written since', [RESET, ...of('b3', 'b4', 'b5')]],
  ['some of before once more', [RESET, ...of('a2', 'b3', 'b4', 'b5')]],
  ['the word twice', [RESET, ...of('b3'), RESET, ...of('b3', 'b4', 'b5')]],
])('[FC1] who is told of a loss, and then gets %s, has missed nothing', (_, after) => {
  expect(found(after)).toEqual([])
})

test('[FC1] a stock client that was cut off is told by its next join', () => {
  const lost: Seen = { kind: 'lost' }
  expect(found([lost, JOINED, ...of('b3', 'b4', 'b5')], 'stock')).toEqual([])
})

test.each<[string, Seen[], string[]]>([
  ['is never told', of('b5'), ['I1', 'I2']],
  ['is told, and misses the first of what was written since', [RESET, ...of('b4', 'b5')], ['I2']],
  ['is told after the first of what is new', [...of('b5'), RESET, ...of('b3', 'b4', 'b5')], ['I2']],
  ['is told, and misses the last', [RESET, ...of('b3', 'b4')], ['I1']],
  ['gets something after the word that is in no log now', [RESET, ...of('a3', 'b4', 'b5')], ['I5']],
])('[FC2] a reader who %s is found', (_, after, invariants) => {
  expect(found(after)).toEqual(expect.arrayContaining(invariants))
})

test('[FC2] what was confirmed and was in no log at any time is found', () => {
  const after = [RESET, ...of('b3', 'b4', 'b5')]
  expect(found(after, 'once', [...ALL, 'c4'].map(confirmed))).toEqual(['I1'])
})
