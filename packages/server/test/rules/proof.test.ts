import { describe, expect, test } from 'vitest'
import { createMarks, mark, offsetBefore } from '../../src/rules/marks.ts'
import { createProof, onHeartbeat } from '../../src/rules/proof.ts'

const INTERVAL = 1_000

function proofAfter(...beats: number[]): number {
  const proof = createProof(0)
  for (const beat of beats) onHeartbeat(proof, beat, INTERVAL)
  return proof.provedUntil
}

describe('a heartbeat', () => {
  test('[G2] proves what was emitted before the ping that it answers', () => {
    expect(proofAfter(1_050)).toBe(998)
  })

  test('[G2] says nothing about what was emitted after that ping, however late it comes', () => {
    expect(proofAfter(9_000)).toBe(998)
  })

  test('[G2] proves nothing when it comes too early to answer a ping', () => {
    expect(proofAfter(900)).toBe(Number.NEGATIVE_INFINITY)
  })

  test('[G2] that nobody asked for puts off the next ping, and so the next proof', () => {
    expect(proofAfter(900, 1_100)).toBe(Number.NEGATIVE_INFINITY)
    expect(proofAfter(900, 1_950)).toBe(1_898)
  })

  test('[G2] after heartbeat, the proof grows', () => {
    expect(proofAfter(1_010, 2_020, 3_030)).toBe(3_018)
  })
})

describe('the record of offsets', () => {
  test('[G2] answers with an offset that was surely emitted before the time', () => {
    const marks = createMarks(10, 1_000)
    mark(marks, 0, 1)
    mark(marks, 15, 2)
    mark(marks, 30, 3)
    expect(offsetBefore(marks, 0)).toBeUndefined()
    expect(offsetBefore(marks, 15)).toBe(1)
    expect(offsetBefore(marks, 29)).toBe(2)
    expect(offsetBefore(marks, 31)).toBe(3)
  })

  test('[G2] errs to the earlier side within a bucket', () => {
    const marks = createMarks(10, 1_000)
    mark(marks, 0, 1)
    mark(marks, 20, 2)
    mark(marks, 25, 3)
    expect(offsetBefore(marks, 24)).toBe(1)
  })

  test('[G7] stays small on a busy stream and still answers for the horizon', () => {
    const marks = createMarks(10, 100)
    for (let now = 0; now < 10_000; now++) mark(marks, now, now)
    expect(marks.list.length).toBeLessThan(15)
    expect(offsetBefore(marks, 9_900)).toBeGreaterThan(9_870)
  })

  test('[G2] keeps one mark older than the horizon: a quiet stream still proves its offset', () => {
    const marks = createMarks(10, 100)
    mark(marks, 0, 7)
    mark(marks, 5_000, 8)
    expect(offsetBefore(marks, 4_950)).toBe(7)
  })
})
