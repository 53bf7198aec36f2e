import { expect, test, vi } from 'vitest'
import { checkInterleavings } from './interleavings.ts'

// A broken build: what was emitted while the page was read is forgotten.
vi.mock('../../src/rules/seam.ts', () => ({
  stitch: (tail: { offset: number }, _from: number, page: { items: readonly unknown[] } | null) => ({
    kind: 'live',
    items: page?.items ?? [],
    upTo: tail.offset,
  }),
}))

test('[G2] catches a seam that forgets what came during the read', async () => {
  await expect(checkInterleavings(1_000)).rejects.toThrow(/\[G[123]\]|pendingCount/)
}, 60_000)
