import { expect, test } from 'vitest'
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
const log = (...offsets: number[]): FinalLog => ({
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
    ['I2', 'I2', 'I2'],
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
