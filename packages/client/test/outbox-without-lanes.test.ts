import { expect, test, vi } from 'vitest'
import type * as queues from '../src/rules/request-queue.ts'
import { checkOutbox } from './outbox-world.ts'

// A broken build: each send is on its own, so that what follows a refused one does not wait for it.
vi.mock('../src/rules/request-queue.ts', async (original) => {
  const { createRequestQueue, ...rest } = await original<typeof queues>()
  return {
    ...rest,
    createRequestQueue(max: number) {
      const queue = createRequestQueue(max)
      let calls = 0
      return {
        ...queue,
        add: (request: unknown, lane?: string | null) => queue.add(request, `${lane}${calls++}`),
      }
    },
  }
})

test('[CL4] catches an outbox that forgets what belongs together', async () => {
  await expect(checkOutbox(1_000)).rejects.toThrow(/\[CL4\] . is out of order/)
}, 60_000)
