/*
 * Who is listened to while there is not time for everybody.
 * Ids: S23, P-SHARE
 */
import { describe, expect, test } from 'vitest'
import { createShares, endTurn, forget, letOn, type Shares, spend } from '../../src/rules/shares.ts'

const LONGEST_MS = 2
const CHUNK = 400

interface Sender {
  readonly perSecond: number
  /** Sent, and not read yet. */
  unread: number
  owed: number
  isHeld: boolean
  backAt: number | null
  read: number
  held: number
}

let phase = 0
/** No two begin in the same moment. */
const sender = (perSecond: number): Sender => ({
  perSecond,
  unread: 0,
  owed: (phase++ * 0.618) % 1,
  isHeld: false,
  backAt: null,
  read: 0,
  held: 0,
})

interface Run {
  readonly turnsMs: number[]
  readonly shares: Shares<Sender>
}

/** A server that reads in each turn whatever has come from those it reads, at so many milliseconds a frame. */
function run(senders: readonly Sender[], seconds: number, frameMs: number, longestMs = LONGEST_MS): Run {
  const shares = createShares<Sender>()
  const turnsMs: number[] = []
  let now = 0
  const cutOff = (each: Sender): void => {
    forget(shares, each)
    each.unread = 0
    each.isHeld = true
    each.backAt = now + 1_000
  }
  const comeBack = (each: Sender): void => {
    each.isHeld = false
    each.unread = 0
    each.backAt = null
  }
  for (let before = 0; now < seconds * 1_000; ) {
    for (const each of senders) {
      each.owed += (each.perSecond * (now - before)) / 1_000
      each.unread += Math.floor(each.owed)
      each.owed %= 1
    }
    before = now
    for (const each of letOn(shares, now)) each.isHeld = false
    for (const each of senders) if (each.backAt !== null && now >= each.backAt) comeBack(each)
    let tookMs = 0
    let speakers = 0
    for (const each of senders) {
      if (each.isHeld) continue
      // All that is there is read at once, as far as a chunk from the network goes.
      if (each.unread > 0) speakers += 1
      const rest = Math.max(0, each.unread - CHUNK)
      for (; each.unread > rest; each.unread--) {
        each.read += 1
        tookMs += frameMs
        const standing = spend(shares, each, 1, now)
        if (standing !== 'read') each.isHeld = true
        if (standing === 'too-much') {
          cutOff(each)
          break
        }
      }
      if (each.isHeld) each.held += 1
    }
    now += Math.max(1, tookMs)
    turnsMs.push(tookMs)
    if (tookMs > 0) endTurn(shares, longestMs, { tookMs, speakers }, now)
  }
  return { turnsMs, shares }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
/** Of the turn that is met at a random moment. */
const met = (turnsMs: readonly number[]): number => sum(turnsMs.map((ms) => ms * ms)) / sum(turnsMs)

describe('as long as turns are short', () => {
  test('[P-SHARE] everybody is read as fast as they send, and nothing is kept of them', () => {
    const senders = Array.from({ length: 50 }, () => sender(20))
    const { shares } = run(senders, 10, 0.02)
    expect(senders.map(({ held }) => held)).toEqual(senders.map(() => 0))
    expect(shares.accounts.size).toBe(0)
  })

  test('[P-SHARE] one long turn, as of a collection of garbage, is no shortage for anybody who sends little', () => {
    const shares = createShares<string>()
    for (let now = 0; now < 1_000; now += 10) {
      for (let n = 0; n < 10; n++) spend(shares, `somebody ${n}`, 1, now)
      endTurn(shares, LONGEST_MS, { tookMs: now === 500 ? 20 : 0.5, speakers: 10 }, now)
    }
    for (let now = 1_000; now < 2_000; now += 100) expect(spend(shares, 'somebody', 1, now)).toBe('read')
  })
})

describe('a thousand who send twenty a second, where there is time for half of it', () => {
  const FRAME_MS = 0.1
  const many = Array.from({ length: 1_000 }, () => sender(20))
  const few = Array.from({ length: 100 }, () => sender(0.5))
  const { turnsMs, shares } = run([...many, ...few], 60, FRAME_MS)
  const late = turnsMs.slice(turnsMs.length / 2)

  test('[S23] [P-SHARE] turns stay short', () => {
    expect(met(late)).toBeLessThan(12 * LONGEST_MS)
  })

  test('[S23] [P-SHARE] without a bound they would get longer and longer', () => {
    const senders = Array.from({ length: 1_000 }, () => sender(20))
    const unbounded = run(senders, 5, FRAME_MS, Number.POSITIVE_INFINITY)
    expect(met(unbounded.turnsMs)).toBeGreaterThan(100 * LONGEST_MS)
  })

  test('[S23] [P-SHARE] who sends little is not held up', () => {
    expect(sum(few.map(({ held }) => held))).toBeLessThan(0.02 * sum(few.map(({ read }) => read)))
    expect(few.filter(({ unread }) => unread > 1)).toEqual([])
  })

  test('[P-SHARE] those who send much get like shares, and a good part of the time there is', () => {
    const shared = many.map(({ read }) => read)
    const mean = sum(shared) / shared.length
    expect(Math.min(...shared)).toBeGreaterThan(mean / 5)
    expect(Math.max(...shared)).toBeLessThan(mean * 3)
    expect(sum(turnsMs)).toBeGreaterThan(0.3 * 60_000)
  })

  test('[P-SHARE] when they have gone, there is no bound any more, and nothing is kept of them', () => {
    for (const each of many) forget(shares, each)
    for (let now = 60_000; now < 70_000; now += 100) {
      letOn(shares, now)
      endTurn(shares, LONGEST_MS, { tookMs: 0.1, speakers: 1 }, now)
    }
    expect(shares.total).toBeNull()
    expect(shares.accounts.size + shares.waiting.size).toBe(0)
  })
})

test('[P-SHARE] one who sends more than there is time for gets nearly all of it', () => {
  const alone = sender(50_000)
  run([alone], 20, 0.05)
  expect(alone.read).toBeGreaterThan(0.6 * 20 * 20_000)
})

test('[P-SHARE] who is silent for long has no account any more', () => {
  const shares = createShares<string>()
  shares.total = 100
  spend(shares, 'silent', 1, 0)
  for (let now = 0; now < 10_000; now += 50) {
    for (let n = 0; n < 20; n++) spend(shares, 'loud', 1, now)
    letOn(shares, now)
    endTurn(shares, LONGEST_MS, { tookMs: 10, speakers: 9 }, now)
  }
  expect([...shares.accounts.keys()]).toEqual(['loud'])
})

test('[S23] [P-SHARE] who sends far more than their share at once has sent too much', () => {
  const shares = createShares<string>()
  shares.total = 100
  const standings = Array.from({ length: 300 }, () => spend(shares, 'loud', 1, 0))
  expect(new Set(standings)).toEqual(new Set(['read', 'waits', 'too-much']))
  expect(standings.at(-1)).toBe('too-much')
  expect(spend(shares, 'other', 1, 0)).toBe('read')
})

test('[P-SHARE] of many who have waited, only as many go on at once as there is time for', () => {
  const shares = createShares<number>()
  shares.total = 1_000
  for (let key = 0; key < 100; key++) for (let n = 0; n < 300; n++) spend(shares, key, 1, 0)
  expect(shares.waiting.size).toBe(100)
  letOn(shares, 60_000)
  const going = letOn(shares, 60_010)
  expect(going.length).toBeGreaterThan(0)
  expect(going.length).toBeLessThan(10)
})
