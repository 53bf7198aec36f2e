import { describe, expect, test } from 'vitest'
import { startAt } from '../../src/rules/position.ts'
import { page } from './items.ts'

describe('a claimed position', () => {
  const table = [
    ['is good within the log', { epoch: 'e1', offset: 4 }, {}, { after: 4, recovered: true }],
    ['is good at the head', { epoch: 'e1', offset: 9 }, {}, { after: 9, recovered: true }],
    ['is good at the base', { epoch: 'e1', offset: 2 }, { base: 2 }, { after: 2, recovered: true }],
    [
      'of another epoch starts at the base',
      { epoch: 'e0', offset: 4 },
      { base: 2 },
      { after: 2, recovered: false, reason: 'epoch' },
    ],
    [
      'from the future is not believed',
      { epoch: 'e1', offset: 10 },
      {},
      { after: 0, recovered: false, reason: 'future' },
    ],
    [
      'below the base was trimmed',
      { epoch: 'e1', offset: 1 },
      { base: 2 },
      { after: 2, recovered: false, reason: 'trimmed' },
    ],
    [
      'with the right id is good',
      { epoch: 'e1', offset: 4, id: 'a' },
      { idAt: 'a' },
      { after: 4, recovered: true },
    ],
    [
      'with another id is of another log',
      { epoch: 'e1', offset: 4, id: 'a' },
      { idAt: 'b' },
      { after: 0, recovered: false, reason: 'id-mismatch' },
    ],
    [
      'whose item has expired is good',
      { epoch: 'e1', offset: 4, id: 'a' },
      { idAt: null },
      { after: 4, recovered: true },
    ],
  ] as const

  test.each(table)('[G5] %s', (_, position, log, expected) => {
    expect(startAt(position, page({ head: 9, ...log }))).toEqual(expected)
  })
})
