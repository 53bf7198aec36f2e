import { expect, test, vi } from 'vitest'
import type * as queues from '../src/rules/request-queue.ts'
import { checkOutbox } from './outbox-world.ts'

// A broken build: a send whose caller gave up before it left stays in the queue.
vi.mock('../src/rules/request-queue.ts', async (original) => {
  const { createRequestQueue, ...rest } = await original<typeof queues>()
  return {
    ...rest,
    createRequestQueue(max: number) {
      const queue = createRequestQueue<unknown>(max)
      const remove: typeof queue.remove = (entry, isDone) => !entry.sent || queue.remove(entry, isDone)
      return { ...queue, remove }
    },
  }
})

test('[CL3] catches an outbox that sends what it said was not sent', async () => {
  await expect(checkOutbox(1_000)).rejects.toThrow(/\[CL3\] n\d+ was said to be unsent, and is there/)
}, 60_000)
