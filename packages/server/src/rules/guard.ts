/**
 * How much each socket has asked for in this while. Counts of one window live in one map that is thrown away whole,
 * so that a socket that asks for nothing holds nothing.
 */
export interface Guard<Key> {
  since: number
  counts: Map<Key, Counts>
  /** Whether somebody waits for the end of the window. */
  isAwaited: boolean
}

export interface Counts {
  requests: number
  sends: number
  joins: number
  renewals: number
  lists: number
}

/** What one socket may do within a window. */
export interface GuardBounds {
  readonly windowMs: number
  readonly requestsPerSocket: number
  readonly sendsPerSocket: number
  readonly joinsPerSocket: number
  readonly renewalsPerSocket: number
  readonly listsPerSocket: number
}

export type Counted = 'send' | 'join' | 'renewal' | 'list' | 'other'

/** What becomes of a request. */
export type Verdict =
  | { readonly kind: 'served' }
  | { readonly kind: 'refused'; readonly retryAfterMs: number }
  /** It goes on in spite of all refusals. */
  | { readonly kind: 'abuse'; readonly retryAfterMs: number }

const SERVED: Verdict = { kind: 'served' }

/** So many times what is allowed is no mistake any more. */
const ABUSE = 2

export function createGuard<Key>(): Guard<Key> {
  return { since: Number.NEGATIVE_INFINITY, counts: new Map(), isAwaited: false }
}

/** Counts a request. Refused ones count as well: who does not wait stays out. */
export function count<Key>(
  guard: Guard<Key>,
  bounds: GuardBounds,
  key: Key,
  what: Counted,
  now: number,
): Verdict {
  if (isOver(guard, bounds, now)) {
    guard.since = now
    guard.counts = new Map()
  }
  const counts = guard.counts.get(key) ?? { requests: 0, sends: 0, joins: 0, renewals: 0, lists: 0 }
  guard.counts.set(key, counts)
  counts.requests += 1
  if (what === 'send') counts.sends += 1
  else if (what === 'join') counts.joins += 1
  else if (what === 'renewal') counts.renewals += 1
  else if (what === 'list') counts.lists += 1
  const share = Math.max(counts.requests / bounds.requestsPerSocket, ownShare(counts, bounds, what))
  if (share <= 1) return SERVED
  const retryAfterMs = Math.max(1, guard.since + bounds.windowMs - now)
  return { kind: share > ABUSE ? 'abuse' : 'refused', retryAfterMs }
}

/** Forgets the window if it is over: nobody may come who would begin the next. Whether anything is left of it. */
export function endWindow<Key>(guard: Guard<Key>, bounds: GuardBounds, now: number): boolean {
  if (isOver(guard, bounds, now)) guard.counts = new Map()
  return guard.counts.size > 0
}

function isOver({ since }: Guard<unknown>, { windowMs }: GuardBounds, now: number): boolean {
  return now - since >= windowMs
}

/** How much of what is allowed of its own kind has been asked for. */
function ownShare(counts: Counts, bounds: GuardBounds, what: Counted): number {
  switch (what) {
    case 'send':
      return counts.sends / bounds.sendsPerSocket
    case 'join':
      return counts.joins / bounds.joinsPerSocket
    case 'renewal':
      return counts.renewals / bounds.renewalsPerSocket
    case 'list':
      return counts.lists / bounds.listsPerSocket
    case 'other':
      return 0
  }
}

export function forget<Key>({ counts }: Guard<Key>, key: Key): void {
  counts.delete(key)
}
