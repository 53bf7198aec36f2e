import type { Item } from '@carillon/store'
import { expect, test, vi } from 'vitest'
import type * as tails from '../../src/rules/tail.ts'
import { checkInterleavings } from './interleavings.ts'

// A broken build: what comes is emitted as it comes.
vi.mock('../../src/rules/tail.ts', async (original) => ({
  ...(await original<typeof tails>()),
  onAppended(tail: tails.Tail, _epoch: string, item: Item) {
    tail.offset = Math.max(tail.offset, item.offset)
    return [item]
  },
}))

test('[G1] catches a tail that emits in the order of arrival', async () => {
  await expect(checkInterleavings(1_000)).rejects.toThrow(/\[G[123]\]|pendingCount/)
}, 60_000)
