import { createMemoryStore, type NotificationStore } from '@carillon/store'
import { fakeClock } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { createPatientStore } from '../src/edge/patient-store.ts'

test('[G2] a time limit on the store hands on where somebody is forgotten: without it, everywhere', async () => {
  const asked: unknown[] = []
  const store: NotificationStore = {
    ...createMemoryStore(),
    forget: async (...args) => void asked.push(args),
  }
  const clock = fakeClock()
  const patient = createPatientStore(store, 1_000, { ...clock, time: clock.now })
  const devops = { scope: '/', kind: 'channel', name: 'devops' } as const
  await patient.forget('/', 'alice', devops)
  await patient.forget('/', 'alice')
  expect(asked).toEqual([
    ['/', 'alice', devops],
    ['/', 'alice', undefined],
  ])
})
