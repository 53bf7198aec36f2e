/**
 * Who is listened to while the server is short of time. As long as the frames of one turn of the event loop are dealt
 * with quickly, everybody is read as fast as they send. When turns get long, what all may send together is cut down
 * until they are short again, and each gets an equal share of it: who sends little notices nothing, who sends much is
 * read later. Nothing is refused and nothing is lost: what is not read waits at its sender.
 */
export interface Shares<Key> {
  /** Lengths of the turns of late, and their squares: the newer ones count for more. */
  turnsMs: number
  squares: number
  /** What may come in a second, from all together; `null` when there is no bound. */
  total: number | null
  /** Who has sent something lately, while there is a bound. */
  readonly accounts: Map<Key, Account>
  /** Who is not read, in the order in which they began to wait. */
  readonly waiting: Set<Key>
  letOnAt: number
  /** What came since `since`, and what it took: how much there is time for. */
  came: number
  tookMs: number
  since: number
  /** When the bound was looked at last, and when somebody last had to wait. */
  adjustedAt: number
  waitedAt: number
}

interface Account {
  /** What may be sent at once; below 0 it has to wait. */
  left: number
  /** What they have sent since they last had to wait. */
  brought: number
  at: number
}

/** What is left of earlier turns at each look at the bound: one collection of garbage is no shortage. */
const FADING = 0.6
/** Long enough for a change to have shown. */
const ADJUST_MS = 20
const LESS = 0.75
const MORE = 1.1
/** Who has been silent for this long has no share. */
const SILENT_MS = 2_000
/** When nobody had to wait for this long, the shortage is over. */
const CALM_MS = 1_000
/** What may come at once from somebody who was silent, and the part of a second's share, if that is more. */
const AT_ONCE = 3
const AT_ONCE_S = 0.25
/** So much beyond is no burst any more, nor is a second's share, if that is more. */
const TOO_MUCH = 100
/** Fewer than this are no crowd: what each may do by itself bounds them. */
const CROWD = 4
/** For a longer time than this nobody is let on at once. */
const MOST_SINCE_MS = 20
/** Below this nobody is brought, in a second, however many there are. */
const LEAST = 1
/** Nor all of them below this part of what there could be time for: so little makes no turn long. */
const LEAST_PART = 0.25

export function createShares<Key>(): Shares<Key> {
  const never = Number.NEGATIVE_INFINITY
  return {
    turnsMs: 0,
    squares: 0,
    total: null,
    accounts: new Map(),
    waiting: new Set(),
    letOnAt: never,
    came: 0,
    tookMs: 0,
    since: never,
    adjustedAt: never,
    waitedAt: never,
  }
}

/** What becomes of somebody who has sent something. */
export type Standing =
  | 'read'
  /** No more is read from them, until `letOn`. */
  | 'waits'
  /** They have sent far more than their share while they waited: what is still to come would be too much at once. */
  | 'too-much'

/** Counts what somebody has sent. */
export function spend<Key>(shares: Shares<Key>, key: Key, weight: number, now: number): Standing {
  shares.came += weight
  if (shares.total === null) return 'read'
  const account = accountOf(shares, key, now)
  account.left -= weight
  account.brought += weight
  if (account.left >= 0) return 'read'
  shares.waiting.add(key)
  return account.left < -Math.max(TOO_MUCH, shareOf(shares)) ? 'too-much' : 'waits'
}

/**
 * Who has waited long enough. What is still to come from somebody may be as much as before: so of all who could go on
 * at once, only so many do as there is time for.
 */
export function letOn<Key>(shares: Shares<Key>, now: number): Key[] {
  const { total, waiting } = shares
  const sinceMs = Math.min(MOST_SINCE_MS, now - shares.letOnAt)
  let budget = total === null ? Number.POSITIVE_INFINITY : (total * sinceMs) / 1_000
  shares.letOnAt = now
  if (waiting.size > 0) shares.waitedAt = now
  const going: Key[] = []
  for (const key of waiting) {
    if (budget <= 0) break
    const account = accountOf(shares, key, now)
    if (total !== null && account.left < 0) continue
    budget -= account.brought
    account.brought = 0
    waiting.delete(key)
    going.push(key)
  }
  return going
}

/** A turn of the event loop in which something came. */
export interface Turn {
  readonly tookMs: number
  /** From how many it came. */
  readonly speakers: number
}

/** At the end of a turn. */
export function endTurn<Key>(shares: Shares<Key>, longestMs: number, turn: Turn, now: number): void {
  // What a few send at once is dealt with at once, however they are bounded.
  const tookMs = turn.speakers < CROWD ? Math.min(longestMs, turn.tookMs) : turn.tookMs
  shares.turnsMs += tookMs
  shares.squares += tookMs * tookMs
  shares.tookMs += turn.tookMs
  if (now - shares.adjustedAt < ADJUST_MS) return
  shares.adjustedAt = now
  // Of the turn that somebody meets who comes at a random moment: long ones are met more often.
  const metMs = shares.squares / shares.turnsMs
  shares.turnsMs *= FADING
  shares.squares *= FADING
  if (metMs > longestMs) {
    const most = capacityOf(shares)
    if (shares.total === null) shares.waitedAt = now
    shares.total = Math.max(LEAST * shares.accounts.size, most * LEAST_PART, (shares.total ?? most) * LESS)
  } else if (shares.total !== null) {
    shares.total *= MORE
  }
  if (now - shares.since >= SILENT_MS) beginAgain(shares, now)
}

export function forget<Key>({ accounts, waiting }: Shares<Key>, key: Key): void {
  accounts.delete(key)
  waiting.delete(key)
}

/** What could come in a second if there were nothing else to do. */
function capacityOf({ came, tookMs }: Shares<unknown>): number {
  return (came / tookMs) * 1_000
}

function beginAgain(shares: Shares<unknown>, now: number): void {
  shares.came *= FADING
  shares.tookMs *= FADING
  shares.since = now
  if (now - shares.waitedAt > CALM_MS) {
    shares.total = null
    shares.accounts.clear()
    return
  }
  for (const [key, { at, left }] of shares.accounts) {
    if (now - at > SILENT_MS && left >= 0) shares.accounts.delete(key)
  }
}

function shareOf({ total, accounts }: Shares<unknown>): number {
  return Math.max(LEAST, (total ?? 0) / Math.max(1, accounts.size))
}

function accountOf<Key>(shares: Shares<Key>, key: Key, now: number): Account {
  const share = shareOf(shares)
  const atOnce = Math.max(AT_ONCE, share * AT_ONCE_S)
  let account = shares.accounts.get(key)
  if (account === undefined) {
    account = { left: atOnce, brought: 0, at: now }
    shares.accounts.set(key, account)
  }
  account.left = Math.min(atOnce, account.left + (share * (now - account.at)) / 1_000)
  account.at = now
  return account
}
