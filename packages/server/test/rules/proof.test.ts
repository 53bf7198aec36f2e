import { describe, expect, test } from 'vitest'
import { createMarks, mark, offsetBefore } from '../../src/rules/marks.ts'
import { NEVER, onHeartbeat, type Proof } from '../../src/rules/proof.ts'

const INTERVAL = 1_000

const place = (offset: number) => ({ offset, id: `n_${offset}` })

function provedAfter(...beats: number[]): number {
  const proof: Proof = { beatAt: NEVER, provedUntil: NEVER }
  for (const beat of beats) onHeartbeat(proof, beat, INTERVAL)
  return proof.provedUntil
}

describe('a heartbeat', () => {
  test('[G2] the first only starts the clock: nobody here knows when its ping was sent', () => {
    expect(provedAfter(5_000)).toBe(NEVER)
  })

  test('[G2] proves what was emitted before the ping that it answers', () => {
    expect(provedAfter(1_000, 2_050)).toBe(1_997)
  })

  test('[G2] says nothing about what was emitted after that ping, however late it comes', () => {
    expect(provedAfter(1_000, 9_000)).toBe(1_997)
  })

  test('[G2] proves nothing when it comes too early to answer a ping', () => {
    expect(provedAfter(1_000, 1_900)).toBe(NEVER)
  })

  test('[G2] that nobody asked for puts off the next ping, and so the next proof', () => {
    expect(provedAfter(1_000, 1_900, 2_100)).toBe(NEVER)
    expect(provedAfter(1_000, 1_900, 2_950)).toBe(2_897)
  })

  test('[G2] after heartbeat, the proof grows', () => {
    expect(provedAfter(1_010, 2_020, 3_030)).toBe(3_017)
  })
})

describe('the record of offsets', () => {
  const FINE = { bucketMs: 10, keepMs: 1_000 }

  test('[G2] answers with an offset that was surely emitted before the time', () => {
    const marks = createMarks(0)
    mark(marks, FINE, 0, place(1))
    mark(marks, FINE, 15, place(2))
    mark(marks, FINE, 30, place(3))
    expect(offsetBefore(marks, 0)).toBe(0)
    expect(offsetBefore(marks, 15)).toBe(1)
    expect(offsetBefore(marks, 29)).toBe(2)
    expect(offsetBefore(marks, 31)).toBe(3)
  })

  test('[G2] errs to the earlier side within a bucket', () => {
    const marks = createMarks(0)
    mark(marks, FINE, 0, place(1))
    mark(marks, FINE, 20, place(2))
    mark(marks, FINE, 25, place(3))
    expect(offsetBefore(marks, 24)).toBe(1)
  })

  const SHORT = { bucketMs: 10, keepMs: 100 }

  test('[G7] stays small on a busy stream and still answers for the horizon', () => {
    const marks = createMarks(0)
    for (let now = 0; now < 10_000; now++) mark(marks, SHORT, now, place(now))
    expect(marks.length).toBeLessThan(15)
    expect(offsetBefore(marks, 9_900)).toBeGreaterThan(9_870)
  })

  test('[G2] keeps one mark older than the horizon: a quiet stream still proves its offset', () => {
    const marks = createMarks(0)
    mark(marks, SHORT, 0, place(7))
    mark(marks, SHORT, 5_000, place(8))
    expect(offsetBefore(marks, 4_950)).toBe(7)
  })
})
