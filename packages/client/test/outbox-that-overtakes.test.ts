import { expect, test, vi } from 'vitest'
import type * as queues from '../src/rules/request-queue.ts'
import { checkOutbox } from './outbox-world.ts'

// A broken build: what was refused is tried again, whatever went by meanwhile.
vi.mock('../src/rules/request-queue.ts', async (original) => {
  const { createRequestQueue, ...rest } = await original<typeof queues>()
  return {
    ...rest,
    createRequestQueue: (max: number) => ({ ...createRequestQueue(max), takePassed: () => [] }),
  }
})

test('[CL4] catches an outbox that lets a later send overtake', async () => {
  await expect(checkOutbox(1_000)).rejects.toThrow(/\[CL4\] . is out of order/)
}, 60_000)
