/* Entries of one stream that follow each other are written by one statement: with the same result as one by one. */
import type { NewEntry } from '@carillon/store'
import { expect, test } from 'vitest'
import { encodeEntry } from '../src/encode.ts'
import type { WireOutcome } from '../src/messages.ts'
import { packRuns, splitRun, unpackRun } from '../src/runs.ts'
import { type Desk, openDesk } from './desk.ts'
import { entry, stream } from './entries.ts'
import { temporaryFile } from './open.ts'

const [devops, orders] = [stream('devops'), stream('orders')]

/** Two streams in turn, keys that come again, the same key with other content, lifetimes, text that JSON escapes. */
function mixed(): NewEntry[] {
  const made = (n: number, change: Partial<NewEntry> = {}): NewEntry =>
    entry({ id: `n${n}`, key: `k${n}`, stream: devops, ...change })
  return [
    made(1),
    made(2, { ttlMs: 60_000 }),
    made(3, { ttlMs: Number.MAX_SAFE_INTEGER }),
    made(4, { stream: orders }),
    made(5, {
      stream: orders,
      content: { ...entry().content, title: '"\\\u0000', message: '\ud800', data: { a: null } },
    }),
    made(6),
    made(7, { key: 'k1', hash: made(1).hash }),
    made(8, { key: 'k2', hash: 'another' }),
    made(9),
    made(10, { id: 'n10', sender: 'somebody else', key: 'k1' }),
  ]
}

const factsOf = (outcome: WireOutcome | undefined): unknown =>
  outcome?.outcome === 'written' ? { ...outcome, epoch: '' } : outcome

function play(append: (desk: Desk) => readonly WireOutcome[]): unknown {
  const desk = openDesk(temporaryFile().file)
  return append(desk).map(factsOf)
}

test('[SQ60] a call of many entries has the outcomes of as many calls', () => {
  const together = play((desk) => desk.append(mixed()))
  const alone = play((desk) => mixed().flatMap((one) => desk.append([one])))
  expect(together).toEqual(alone)
  expect(together).toMatchObject([
    { offset: 1, expiresAt: null },
    { offset: 2, expiresAt: expect.any(Number) },
    { offset: 3, expiresAt: Number.MAX_SAFE_INTEGER },
    { offset: 1 },
    { offset: 2 },
    { offset: 4 },
    { offset: 1, duplicate: true, id: 'n1' },
    { outcome: 'conflict' },
    { offset: 5 },
    { offset: 6, duplicate: false },
  ])
})

test('[SQ60] a run is taken apart as it was put together', () => {
  const entries = mixed().map(encodeEntry)
  const packed = packRuns(entries)
  expect(packed.map(({ run }) => run.count)).toEqual([3, 2, 5])
  expect(packed.flatMap(({ run }) => unpackRun(run))).toEqual(entries)
  expect(packed.flatMap(({ run }) => splitRun(run).flatMap((one) => unpackRun(one.run)))).toEqual(entries)
})
