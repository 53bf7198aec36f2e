/*
 * Who is listened to while there is not time for everybody.
 * Ids: S23, P-SHARE
 */
import { describe, expect, test } from 'vitest'
import {
  createShares,
  doesAnybodyWait,
  endTurn,
  forget,
  nextFrame,
  onFrame,
  pieceOf,
  rest,
  type Shares,
  type Standing,
  takeOver,
} from '../../src/rules/shares.ts'

const LONGEST_MS = 2
const CHUNK = 400

interface Sender {
  readonly perSecond: number
  /** When what was sent and has not come yet was sent. */
  readonly sent: number[]
  owed: number
  isUnread: boolean
  backAt: number | null
  heard: number
  /** How long each of them took from being sent to being heard. */
  readonly waitsMs: number[]
}

type Senders = Shares<Sender, number>

let phase = 0
/** No two begin in the same moment. */
const sender = (perSecond: number): Sender => ({
  perSecond,
  sent: [],
  owed: (phase++ * 0.618) % 1,
  isUnread: false,
  backAt: null,
  heard: 0,
  waitsMs: [],
})

interface Run {
  readonly turnsMs: number[]
  readonly shares: Senders
}

/** A server that reads in each turn whatever has come from those it reads, at so many milliseconds a frame. */
function run(senders: readonly Sender[], seconds: number, frameMs: number, longestMs = LONGEST_MS): Run {
  const shares: Senders = createShares()
  const turnsMs: number[] = []
  let now = 0
  let tookMs = 0
  const heard = new Set<Sender>()
  const hear = (each: Sender, sentAt: number): void => {
    heard.add(each)
    tookMs += frameMs
    each.heard += 1
    each.waitsMs.push(now + tookMs - sentAt)
  }
  const read = (each: Sender): void => {
    // All that is there is read at once, as far as a chunk from the network goes.
    for (const sentAt of each.sent.splice(0, CHUNK)) {
      const isLate = tookMs >= longestMs
      const standing = onFrame(
        shares,
        { key: each, frame: sentAt, weight: 1, isLate, isHello: false },
        now + tookMs,
      )
      if (standing === 'now') hear(each, sentAt)
      else if (standing !== 'soon') each.isUnread = true
      if (standing === 'too-much') {
        forget(shares, each)
        each.backAt = now + 1_000
        return
      }
    }
  }
  for (let before = 0; now < seconds * 1_000; ) {
    tookMs = 0
    heard.clear()
    for (const each of senders) {
      if (each.backAt !== null && now >= each.backAt) Object.assign(each, { isUnread: false, backAt: null })
      each.owed += each.backAt === null ? (each.perSecond * (now - before)) / 1_000 : 0
      for (; each.owed >= 1; each.owed--) each.sent.push(now)
    }
    before = now
    for (const each of senders) if (!each.isUnread) read(each)
    for (let left = pieceOf(shares, longestMs); left > 0; ) {
      const next = nextFrame(shares, now + tookMs)
      if (next === undefined) break
      left -= next.weight
      hear(next.key, next.frame)
      if (next.isLast) next.key.isUnread = false
    }
    now += Math.max(doesAnybodyWait(shares) ? 0.1 : 1, tookMs)
    turnsMs.push(tookMs)
    if (tookMs > 0)
      endTurn(shares, longestMs, { tookMs, weight: tookMs / frameMs, speakers: heard.size }, now)
  }
  return { turnsMs, shares }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
/** Of the turn that is met at a random moment. */
const met = (turnsMs: readonly number[]): number => sum(turnsMs.map((ms) => ms * ms)) / sum(turnsMs)

const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length * part)] ?? Number.NaN

/** One frame of somebody, of weight 1, in a turn that has just begun. */
const say = (shares: Shares<string, number>, key: string, now: number, frame = 0): Standing =>
  onFrame(shares, { key, frame, weight: 1, isLate: false, isHello: false }, now)

describe('as long as turns are short', () => {
  test('[P-SHARE] everybody is heard at once, and nothing is kept of them', () => {
    const senders = Array.from({ length: 50 }, () => sender(20))
    const { shares } = run(senders, 10, 0.02)
    expect(Math.max(...senders.flatMap(({ waitsMs }) => waitsMs))).toBeLessThanOrEqual(LONGEST_MS)
    expect(shares.speakers.size).toBe(0)
  })

  test('[P-SHARE] one long turn, as of a collection of garbage, is no shortage for anybody who says little', () => {
    const shares = createShares<string, number>()
    for (let now = 0; now < 1_000; now += 10) {
      for (let n = 0; n < 10; n++) say(shares, `somebody ${n}`, now)
      endTurn(shares, LONGEST_MS, { tookMs: now === 500 ? 20 : 0.5, weight: 10, speakers: 10 }, now)
    }
    for (let now = 1_000; now < 2_000; now += 100) expect(say(shares, 'somebody', now)).toBe('now')
  })

  test('[P-SHARE] what comes when a turn has taken long enough is for the next one, in its order', () => {
    const shares = createShares<string, number>()
    expect(onFrame(shares, { key: 'a', frame: 1, weight: 1, isLate: true, isHello: false }, 0)).toBe('soon')
    // The next turn has begun; what came before comes first all the same.
    expect(say(shares, 'a', 1, 2)).toBe('soon')
    expect(say(shares, 'b', 1, 3)).toBe('now')
    expect([nextFrame(shares, 1), nextFrame(shares, 1), nextFrame(shares, 1)]).toEqual([
      { key: 'a', frame: 1, weight: 1, isLast: false },
      { key: 'a', frame: 2, weight: 1, isLast: true },
      undefined,
    ])
    expect(shares.speakers.size).toBe(0)
  })
})

describe('a thousand who send twenty a second, where there is time for half of it', () => {
  const FRAME_MS = 0.1
  const many = Array.from({ length: 1_000 }, () => sender(20))
  const few = Array.from({ length: 100 }, () => sender(0.5))
  const { turnsMs, shares } = run([...many, ...few], 60, FRAME_MS)

  test('[S23] [P-SHARE] no turn is long, from the first one on', () => {
    expect(turnsMs.filter((ms) => ms > 2 * LONGEST_MS)).toEqual([])
  })

  test('[S23] [P-SHARE] without a bound they would get longer and longer', () => {
    const senders = Array.from({ length: 1_000 }, () => sender(20))
    const unbounded = run(senders, 5, FRAME_MS, Number.POSITIVE_INFINITY)
    expect(met(unbounded.turnsMs)).toBeGreaterThan(100 * LONGEST_MS)
  })

  test('[S23] [P-SHARE] who says little hardly waits', () => {
    const waitsMs = few.flatMap(({ waitsMs }) => waitsMs)
    expect(percentile(waitsMs, 0.99)).toBeLessThan(3 * LONGEST_MS)
    expect(few.filter(({ heard }) => heard < 28)).toEqual([])
  })

  test('[P-SHARE] those who say much get like shares, and a good part of the time there is', () => {
    const shared = many.map(({ heard }) => heard)
    const mean = sum(shared) / shared.length
    expect(Math.min(...shared)).toBeGreaterThan(mean / 2)
    expect(Math.max(...shared)).toBeLessThan(mean * 2)
    expect(sum(turnsMs)).toBeGreaterThan(0.3 * 60_000)
  })

  test('[P-SHARE] when they have gone, there is no bound any more, and nothing is kept of them', () => {
    for (const each of many) forget(shares, each)
    for (let now = 60_000; now < 70_000; now += 100) {
      nextFrame(shares, now)
      endTurn(shares, LONGEST_MS, { tookMs: 0.1, weight: 1, speakers: 1 }, now)
    }
    expect(shares.pace.total).toBeNull()
    expect(shares.speakers.size + shares.line.places.length).toBe(0)
  })
})

test('[P-SHARE] one who says more than there is time for gets nearly all of it', () => {
  const alone = sender(50_000)
  run([alone], 20, 0.05)
  expect(alone.heard).toBeGreaterThan(0.6 * 20 * 20_000)
})

/** There is time for so many a second. */
function shortOfTime(total: number): Shares<string, number> {
  const shares = createShares<string, number>()
  shares.pace.total = total
  return shares
}

test('[P-SHARE] who is silent for long has no share any more', () => {
  const shares = shortOfTime(100)
  say(shares, 'silent', 0)
  for (let now = 0; now < 10_000; now += 50) {
    for (let n = 0; n < 20; n++) say(shares, 'loud', now)
    nextFrame(shares, now)
    endTurn(shares, LONGEST_MS, { tookMs: 10, weight: 20, speakers: 9 }, now)
  }
  expect([...shares.speakers.keys()]).toEqual(['loud'])
})

test('[S23] [P-SHARE] who says far more than their share at once has said too much', () => {
  const shares = shortOfTime(100)
  const standings = Array.from({ length: 300 }, () => say(shares, 'loud', 0))
  expect(new Set(standings)).toEqual(new Set(['now', 'later', 'too-much']))
  expect(standings.at(-1)).toBe('too-much')
  expect(say(shares, 'other', 0)).toBe('now')
})

test('[S23] [P-SHARE] however much time there is, nobody is kept without bound', () => {
  const shares = createShares<string, number>()
  const late = { key: 'loud', frame: 0, weight: 1, isLate: true, isHello: false }
  const standings = Array.from({ length: 20_000 }, () => onFrame(shares, late, 0))
  expect(standings.indexOf('too-much')).toBe(10_000)
})

test('[P-SHARE] who has had the least is heard first, whoever came first', () => {
  const shares = shortOfTime(10)
  for (let n = 0; n < 5; n++) say(shares, 'loud', 0, n)
  onFrame(shares, { key: 'quiet', frame: 100, weight: 1, isLate: true, isHello: false }, 0)
  expect(nextFrame(shares, 0)).toMatchObject({ key: 'quiet', frame: 100, isLast: true })
  // A share is five a second for each of the two.
  expect(nextFrame(shares, 100)).toBeUndefined()
  expect(nextFrame(shares, 250)).toMatchObject({ key: 'loud', frame: 2, isLast: false })
})

test('[P-SHARE] a heavy frame counts for as many', () => {
  const shares = shortOfTime(10)
  expect(onFrame(shares, { key: 'a', frame: 0, weight: 5, isLate: false, isHello: false }, 0)).toBe('now')
  expect(say(shares, 'a', 100)).toBe('later')
  expect(nextFrame(shares, 350)).toBeUndefined()
  expect(nextFrame(shares, 450)).toMatchObject({ key: 'a' })
})

test('[P-SHARE] what waits of somebody who goes is handed back, in its order', () => {
  const shares = shortOfTime(1)
  const standings = Array.from({ length: 10 }, (_, n) => say(shares, 'a', 0, n))
  const waiting = standings.flatMap((standing, n) => (standing === 'now' ? [] : n))
  expect(waiting.length).toBeGreaterThan(3)
  expect(takeOver(shares, 'a')).toEqual(waiting)
  expect(takeOver(shares, 'a')).toEqual([])
  expect(nextFrame(shares, 60_000)).toBeUndefined()
  expect(doesAnybodyWait(shares)).toBe(false)
})

test('[P-SHARE] whoever waits comes in turn, however many come in meanwhile', () => {
  const shares = shortOfTime(1_000)
  for (let n = 0; n < 3; n++) say(shares, 'patient', 0, n)
  for (let n = 0; n < 2_000; n++) {
    onFrame(shares, { key: `new ${n}`, frame: n, weight: 5, isLate: true, isHello: true }, n)
  }
  const heard = Array.from({ length: 1_500 }, () => nextFrame(shares, 2_000)?.key)
  expect(heard).toContain('patient')
})

test('[P-SHARE] a shortage ends when there is time enough, though some say far more than most', () => {
  const shares = shortOfTime(5)
  for (let now = 0; now < 30_000; now++) {
    let weight = 0
    const hear = (key: string): void => {
      if (say(shares, key, now) === 'now') weight += 1
    }
    if (now % 50 === 0) hear('busy')
    if (now % 5 === 0) hear(`quiet ${now % 2_000}`)
    while (nextFrame(shares, now) !== undefined) weight += 1
    if (weight > 0) endTurn(shares, LONGEST_MS, { tookMs: 0.2 * weight, weight, speakers: weight }, now)
  }
  expect(shares.pace.total).toBeNull()
})

test('[P-SHARE] a shortage ends while nothing at all comes, and what was kept of those who spoke goes', () => {
  const shares = shortOfTime(5)
  for (let n = 0; n < 200; n++) say(shares, 'loud', 0)
  say(shares, 'quiet', 0)
  expect(rest(shares, 5_000)).toBe(false)
  expect(shares.speakers.has('loud')).toBe(true)
  let now = 5_000
  for (; doesAnybodyWait(shares); now += 100) nextFrame(shares, now)
  expect(rest(shares, now + 100)).toBe(false)
  expect(rest(shares, now + 2_500)).toBe(true)
  expect(shares.speakers.size).toBe(0)
})

test('[P-SHARE] who leaves and comes back on the same connection has had what they have had', () => {
  const shares = shortOfTime(1)
  const standings = (): Standing[] => Array.from({ length: 5 }, () => say(shares, 'a', 0))
  const first = standings()
  expect(first).toContain('now')
  expect(takeOver(shares, 'a').length).toBe(first.filter((standing) => standing !== 'now').length)
  expect(standings()).not.toContain('now')
})
