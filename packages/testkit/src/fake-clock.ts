import { nextTurn } from './until.ts'

/** Time and timers as the flows take them, moved by the test alone. */
export interface FakeClock {
  /** Milliseconds; starts at a fixed moment so that tests may name it. */
  now(): number
  /** Calls `fn` once, `ms` from now; the result cancels. */
  after(ms: number, fn: () => void): () => void
  /** Moves time and calls what falls due, in order of time, timers made on the way included. */
  advance(ms: number): void
  /** The same, but after each timer the promises that it set going get their turn. */
  advanceAndSettle(ms: number): Promise<void>
  /** How many timers wait: 0 when nothing was forgotten. */
  pending(): number
}

interface Timer {
  readonly at: number
  readonly fn: () => void
}

/** 2026-06-07T10:00:00.000Z */
const START = 1_780_826_400_000

export function fakeClock(start: number = START): FakeClock {
  const timers = new Set<Timer>()
  let time = start

  function after(ms: number, fn: () => void): () => void {
    const timer: Timer = { at: time + Math.max(0, ms), fn }
    timers.add(timer)
    return () => void timers.delete(timer)
  }

  /** Runs the first timer that is due by `end`. */
  function step(end: number): boolean {
    let first: Timer | undefined
    for (const timer of timers) {
      if (timer.at <= end && (first === undefined || timer.at < first.at)) first = timer
    }
    if (first === undefined) return false
    timers.delete(first)
    time = first.at
    first.fn()
    return true
  }

  function advance(ms: number): void {
    const end = time + ms
    while (step(end));
    time = end
  }

  async function advanceAndSettle(ms: number): Promise<void> {
    const end = time + ms
    await nextTurn()
    while (step(end)) await nextTurn()
    time = end
  }

  return { now: () => time, after, advance, advanceAndSettle, pending: () => timers.size }
}
