import { describe, expect, test } from 'vitest'
import { violationsOf } from '../src/checker.ts'
import type { FinalLog, History, Reader, Send } from '../src/history.ts'

const STREAM = 'c:devops'
const EPOCH = 'e1'

const confirmed = (offset: number): Send => ({
  sender: 'bob',
  stream: STREAM,
  key: `k${offset}`,
  outcome: { kind: 'confirmed', id: `n${offset}`, epoch: EPOCH, offset },
})
const item = (offset: number, epoch = EPOCH) => ({
  kind: 'item' as const,
  id: `n${offset}`,
  epoch,
  offset,
  key: `k${offset}`,
})
const reader = (seen: Reader['seen'], joinedAt = 0): Reader => ({
  client: 'alice',
  stream: STREAM,
  joinedAt: { epoch: EPOCH, offset: joinedAt },
  seen,
})
const log = (...offsets: number[]): FinalLog => logOf(offsets)
const logOf = (offsets: readonly number[]): FinalLog => ({
  stream: STREAM,
  epoch: EPOCH,
  base: 0,
  items: offsets.map((offset) => ({ id: `n${offset}`, offset, key: `k${offset}` })),
})
const sent = (...offsets: number[]): Send[] => offsets.map(confirmed)

function found(history: Partial<History>, logs: readonly FinalLog[]): string[] {
  const whole: History = { sends: [], readers: [], ...history }
  return violationsOf(whole, logs).map(({ invariant }) => invariant)
}

test('[FC1] a run in which everything came, once and in order, has no violations', () => {
  const readers = [reader([1, 2, 3].map((n) => item(n))), reader([item(3)], 2)]
  expect(found({ sends: sent(1, 2, 3), readers }, [log(1, 2, 3)])).toEqual([])
})

test('[FC1] what expired or was trimmed needs not have come', () => {
  expect(found({ sends: sent(1, 3), readers: [reader([item(1), item(3)])] }, [log(1, 3)])).toEqual([])
})

test('[FC1] who joined before anything was sent is entitled to all of it', () => {
  const early = (seen: Reader['seen']): Reader => ({ ...reader(seen), joinedAt: null })
  expect(found({ sends: sent(1, 2), readers: [early([item(1), item(2)])] }, [log(1, 2)])).toEqual([])
  expect(found({ sends: sent(1, 2), readers: [early([item(2)])] }, [log(1, 2)])).toEqual(['I2'])
  expect(found({ sends: sent(1), readers: [early([])] }, [log(1)])).toEqual(['I1'])
})

test('[FC1] after a reset a reader may go on anywhere', () => {
  const seen = [item(1), { kind: 'reset', reason: 'trimmed' } as const, item(5)]
  expect(found({ sends: sent(1, 5), readers: [reader(seen)] }, [log(1, 2, 5)])).not.toContain('I2')
})

test.each<[string, Partial<History>, FinalLog[], string[]]>([
  ['a confirmed send that is gone', { sends: sent(1, 2) }, [log(1)], ['I1']],
  [
    'a reader who never got the last',
    { readers: [reader([item(1)])], sends: sent(1, 2) },
    [log(1, 2)],
    ['I1'],
  ],
  ['a hole', { readers: [reader([item(1), item(3)])], sends: sent(1, 2, 3) }, [log(1, 2, 3)], ['I2']],
  [
    'a wrong order',
    { readers: [reader([item(2), item(1), item(3)], 0)], sends: sent(1, 2, 3) },
    [log(1, 2, 3)],
    ['I2', 'I2'],
  ],
  [
    'another epoch without a word',
    { readers: [reader([item(1), item(2, 'e2')])], sends: sent(1, 2) },
    [],
    ['I2'],
  ],
  ['something twice', { readers: [reader([item(1), item(1)])], sends: sent(1) }, [log(1)], ['I3', 'I2']],
  ['something that nobody sent', { readers: [reader([item(1)])] }, [log(1)], ['I5']],
  [
    'something that was refused',
    { readers: [reader([item(1)])], sends: [{ ...confirmed(1), outcome: { kind: 'refused' } }] },
    [log(1)],
    ['I5'],
  ],
])('[FC2] %s is found', (_, history, logs, invariants) => {
  expect(found(history, logs)).toEqual(invariants)
})

test('[FC2] one key that became two notifications is found', () => {
  const twice: FinalLog = { ...log(1, 2), items: [...log(1).items, { id: 'n2', offset: 2, key: 'k1' }] }
  expect(found({ sends: sent(1) }, [twice])).toEqual(['I4'])
})

describe('a stock client', () => {
  const stock = (seen: Reader['seen']): Reader => ({ ...reader(seen), kind: 'stock' })
  const again = (offset: number) => ({ ...item(offset), isReplayed: true })
  const lost = { kind: 'lost' } as const

  test('[FC1] may get again, marked, what it had before it was cut off', () => {
    const seen = [item(1), item(2), lost, again(2), again(3), item(4)]
    expect(found({ sends: sent(1, 2, 3, 4), readers: [stock(seen)] }, [log(1, 2, 3, 4)])).toEqual([])
  })

  test.each<[string, Reader['seen'], string[]]>([
    ['a double without a mark', [item(1), item(2), lost, item(2), item(3)], ['I3']],
    ['a double on one connection', [item(1), item(2), again(2), item(3)], ['I2']],
    ['a hole over a reconnection', [item(1), lost, again(3)], ['I2']],
    ['the last one missing', [item(1), lost, again(2)], ['I1']],
    ['another epoch after a reconnection', [item(1), lost, item(1, 'e2')], ['I2', 'I1']],
  ])('[FC2] %s is found', (_, seen, invariants) => {
    expect(found({ sends: sent(1, 2, 3), readers: [stock(seen)] }, [log(1, 2, 3)])).toEqual(invariants)
  })
})

test('[FC2] [G5] what was trimmed may not be passed over without a word', () => {
  const seen = [item(1), item(4)]
  const trimmed = { ...log(4), base: 3 }
  expect(found({ sends: sent(1, 2, 3, 4), readers: [reader(seen)] }, [trimmed])).toEqual(['I2', 'I2'])
  const told = [item(1), { kind: 'reset', reason: 'trimmed' } as const, item(4)]
  expect(found({ sends: sent(1, 2, 3, 4), readers: [reader(told)] }, [trimmed])).toEqual([])
  const expired = sent(1, 2, 3, 4).map((send) => ({ ...send, mayExpire: true }))
  expect(found({ sends: expired, readers: [reader(seen)] }, [trimmed])).toEqual([])
})

test('[FC2] a send that was to outlive its sender and never came is found', () => {
  const kept = (key: string): Send => ({ sender: 'bob', stream: STREAM, key, outcome: { kind: 'kept' } })
  expect(found({ sends: [kept('k1')] }, [log(1)])).toEqual([])
  expect(found({ sends: [kept('k2')] }, [log(1)])).toEqual(['I1'])
})

test('[FC2] calls that lie in another order than they were made are found', () => {
  const calls = (...keys: string[]) => [{ sender: 'bob', stream: STREAM, keys }]
  expect(found({ calls: calls('k1', 'k3') }, [log(1, 2, 3)])).toEqual([])
  expect(found({ calls: calls('k1', 'k3', 'k2') }, [log(1, 2, 3)])).toEqual(['I2'])
})

describe('what a join announces', () => {
  const joined = (pendingCount: number, more: { hasMore?: boolean; cursor?: number } = {}) => ({
    kind: 'joined' as const,
    epoch: EPOCH,
    offset: 3,
    pendingCount,
    hasMore: more.hasMore ?? false,
    ...(more.cursor === undefined ? {} : { cursor: { epoch: EPOCH, offset: more.cursor } }),
  })
  const lost = { kind: 'lost' } as const
  const rest = [item(2), item(3), item(4)]

  test.each<[string, Reader['seen'], string[]]>([
    ['the number that follows', [item(1), joined(2), ...rest], []],
    ['fewer than follow', [item(1), joined(1), ...rest], ['I10']],
    ['more than follow', [item(1), joined(3), ...rest], ['I10']],
    ['more than follow, with several pages', [item(1), joined(3, { hasMore: true }), ...rest], []],
    ['more than came before the connection broke', [item(1), joined(3), item(2), lost, item(3), item(4)], []],
    ['what the cursor was behind', [item(1), joined(2, { cursor: 1 }), ...rest], []],
    ['another number than the cursor was behind', [item(1), joined(2, { cursor: 0 }), ...rest], ['I10']],
  ])('[FC2] %s', (_, seen, invariants) => {
    expect(found({ sends: sent(1, 2, 3, 4), readers: [reader(seen)] }, [log(1, 2, 3, 4)])).toEqual(invariants)
  })
})

test('[FC2] a cursor that goes back is found, one of a new epoch is not', () => {
  const sight = (offset: number, epoch = EPOCH) => ({ subscriber: 'alice', stream: STREAM, epoch, offset })
  expect(found({ cursors: [sight(35), sight(40), sight(1, 'e2')] }, [])).toEqual([])
  expect(found({ cursors: [sight(40), sight(35)] }, [])).toEqual(['I10'])
})

test('[FC2] what took too long, has grown, or was thrown is found', () => {
  const waits = [
    { what: 'a', ms: 9, limitMs: 10 },
    { what: 'b', ms: 11, limitMs: 10 },
    { what: 'c', ms: null, limitMs: 10 },
  ]
  const holdings = [
    { what: 'sockets', before: 1, after: 1, slack: 0 },
    { what: 'rooms', before: 1, after: 3, slack: 1 },
  ]
  expect(found({ waits, holdings, faults: ['oops'] }, [])).toEqual(['I6', 'I6', 'I7', 'I8'])
})

test('[FC1] a long run is judged in no time', () => {
  const offsets = Array.from({ length: 100_000 }, (_, n) => n + 1)
  const readers = [reader(offsets.map((n) => item(n)))]
  expect(found({ sends: offsets.map(confirmed), readers }, [logOf(offsets)])).toEqual([])
})
