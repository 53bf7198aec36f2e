import { expect, test } from 'vitest'
import type { Alive, ChurnResult } from '../src/churn.ts'
import type { Memory } from '../src/process/memory.ts'
import type { ReplayResult } from '../src/replay.ts'
import { churnComplaints, replayComplaints } from '../src/verdict.ts'

const memory = (heap: number, files = 40): Memory => ({
  heap,
  code: 1e6,
  threads: 0,
  outside: 1e6,
  resident: 1e8,
  files,
  handles: 20,
})

const alive = (sessions: number, subscriptions: number, rooms: number): Alive => ({
  server: { sessions },
  clients: { subscriptions },
  places: { rooms },
})

/** @param server what the server holds after so many visits */
const churned = (server: (visits: number) => Memory, states: Partial<ChurnResult> = {}): ChurnResult => ({
  plan: { store: { kind: 'memory' }, visits: 1_000, interval: 100, speed: 1 },
  seconds: 1,
  readings: Array.from({ length: 10 }, (_, index) => ({
    visits: index * 100,
    server: server(index * 100),
    clients: memory(1e7),
    file: 0,
  })),
  before: alive(3, 2, 1),
  amid: alive(9, 8, 7),
  after: alive(3, 2, 1),
  empty: alive(0, 0, 0),
  ...states,
})

const flat = (): Memory => memory(1e7)

const replayed = (heaps: readonly number[], progress = { items: 100, faults: 0 }): ReplayResult => ({
  plan: { file: 'f', items: 100, interval: 10, reader: 'typed' },
  seconds: 1,
  fileBytes: 1,
  progress,
  readings: heaps.map((heap, at) => ({ items: at * 1_000_000, server: memory(1e7), clients: memory(heap) })),
})

test('[SK6] a run that is flat and leaves nothing behind has no complaint', () => {
  expect(churnComplaints(churned(flat), false)).toEqual([])
})

test.each<[string, ChurnResult, string]>([
  ['an entry of a Map for each visit', churned((n) => memory(1e7 + 40 * n)), 'server: heap grows by 40.0'],
  ['a connection now and then', churned((n) => memory(1e7, 40 + n / 100)), 'server: files grows by 0.0'],
  ['a session too many', churned(flat, { after: alive(4, 2, 1) }), 'server: 4 sessions after the last visit'],
  ['a subscription too many', churned(flat, { after: alive(3, 3, 1) }), 'clients: 3 subscriptions after'],
  ['a room too many', churned(flat, { after: alive(3, 2, 2) }), 'places: 2 rooms after the last visit'],
  [
    'a session of nobody',
    churned(flat, { empty: alive(1, 0, 0) }),
    'server: 1 sessions when nobody is there',
  ],
  ['a record that is never found', churned(flat, { amid: alive(3, 8, 7) }), 'server: 3 sessions amid'],
])('[SK6] %s is told', (_, result, complaint) => {
  expect(churnComplaints(result, false)).toEqual([expect.stringContaining(complaint)])
})

test.each<[string, ReplayResult, string]>([
  ['an item that is missing', replayed([1e7, 1e7], { items: 99, faults: 0 }), '99 of 100 came'],
  ['an item out of order', replayed([1e7, 1e7], { items: 100, faults: 1 }), '1 were out of order'],
  ['a heap that is large for a while', replayed([1e7, 3e7, 1e7, 1e7, 1e7, 1e7]), 'the heap grew by 20000000'],
])('[SK7] %s is told', (_, result, complaint) => {
  expect(replayComplaints(result)).toEqual([expect.stringContaining(complaint)])
})
