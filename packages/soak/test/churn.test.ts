/*
 * A short run: it finds what is kept of every visit. `npm run soak` is the long one, which finds the rest.
 * The processes are built programs: npm test builds them.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ChurnPlan, runChurn } from '../src/churn.ts'
import { churnComplaints } from '../src/verdict.ts'

const LIMIT_MS = 120_000
const SHORT = { visits: 240, interval: 60, speed: 40 } satisfies Partial<ChurnPlan>

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carillon-soak-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const sqlite = (): ChurnPlan['store'] => ({
  kind: 'sqlite',
  file: join(folder, 'churn.db'),
  maxItemsPerStream: 1_000,
})

test(
  '[SK2] [G7] of people who come and go nothing stays, at the server or at the clients',
  async () => {
    const result = await runChurn({ ...SHORT, store: sqlite() })
    expect(churnComplaints(result, true)).toEqual([])
    expect(result.readings).toHaveLength(SHORT.visits / SHORT.interval)
  },
  LIMIT_MS,
)

test(
  '[SK3] a hook that keeps sockets and an application that keeps notifications are both found',
  async () => {
    const result = await runChurn({ ...SHORT, store: { kind: 'memory' }, leaks: true })
    expect(churnComplaints(result, true)).toEqual([
      expect.stringMatching(/^server: heap grows by \d+/),
      expect.stringMatching(/^clients: heap grows by \d+/),
    ])
  },
  LIMIT_MS,
)
