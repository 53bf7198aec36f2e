import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ReplayPlan, runReplay } from '../src/replay.ts'
import { replayComplaints } from '../src/verdict.ts'

const LIMIT_MS = 60_000
const ITEMS = 40_000

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carillon-soak-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

/** Small pages, for time to look. */
const PLAN = { items: ITEMS, interval: ITEMS / 16, pageItems: 10 } satisfies Partial<ReplayPlan>

test(
  '[SK4] [G7] who comes back to very many gets them behind pages, and memory does not grow',
  async () => {
    const result = await runReplay({ ...PLAN, file: join(folder, 'replay.db'), reader: 'typed' })
    expect(replayComplaints(result)).toEqual([])
    expect(result.readings.length).toBeGreaterThan(3)
  },
  LIMIT_MS,
)

test(
  '[SK5] an application that keeps what it is handed is found',
  async () => {
    const result = await runReplay({ ...PLAN, file: join(folder, 'replay.db'), reader: 'stock', leaks: true })
    expect(replayComplaints(result)).toContainEqual(expect.stringMatching(/^clients: heap grows by \d+/))
  },
  LIMIT_MS,
)
