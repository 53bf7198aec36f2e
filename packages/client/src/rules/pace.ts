import { ClientEvent } from '@carillon/protocol'

/*
 * A server refuses what is asked too often, and says beforehand how often that is. It counts by windows whose beginning
 * nobody here knows. So no more goes out than fits into any window, wherever that begins.
 */

/** How often something may be asked on a connection. */
export interface Pace {
  /** A connection begins, on which so many may go out within `windowMs`. */
  begin(now: number, most: number, windowMs: number): void
  /** From when on the next one may go out: not later than `now` if at once; endless until an answer comes. */
  freeAt(now: number): number
  onSent(): void
  /** @param retryAfterMs the server found that it was too often, and said how long to wait */
  onAnswered(now: number, retryAfterMs: number): void
  /** For how long altogether nothing could go out. */
  heldMs(now: number): number
}

/** The clocks of both sides may differ by so much over a window, and a timer may be early. */
const MARGIN_MS = 50

const ENDLESS = Number.POSITIVE_INFINITY

export function createPace(): Pace {
  let most = ENDLESS
  let spanMs = 0
  /** The server counted each at some time between its emission and its answer. */
  let answeredAt: number[] = []
  let unanswered = 0
  let restsUntil = 0
  let heldMs = 0
  let heldSince: number | null = null

  function opensAt(now: number): number {
    while (answeredAt[0] !== undefined && answeredAt[0] + spanMs <= now) answeredAt.shift()
    const isFull = unanswered + answeredAt.length >= most
    return Math.max(restsUntil, isFull ? (answeredAt[0] ?? ENDLESS) + spanMs : 0)
  }

  /** Every look at it keeps the time. */
  function freeAt(now: number): number {
    const at = opensAt(now)
    if (heldSince !== null) heldMs += now - heldSince
    heldSince = at > now ? now : null
    return at
  }

  return {
    begin(now, limit, windowMs) {
      freeAt(now)
      heldSince = null
      most = limit
      spanMs = windowMs + MARGIN_MS
      answeredAt = []
      unanswered = 0
      restsUntil = 0
    },
    freeAt,
    onSent() {
      unanswered += 1
    },
    onAnswered(now, retryAfterMs) {
      unanswered = Math.max(0, unanswered - 1)
      answeredAt.push(now)
      restsUntil = Math.max(restsUntil, now + retryAfterMs)
    },
    heldMs(now) {
      freeAt(now)
      return heldMs
    },
  }
}

/** What a server may count by itself: of the rest it counts only all that a connection asks. */
export type Paces = ReadonlyMap<ClientEvent, Pace>

export function createPaces(): Paces {
  return new Map([
    [ClientEvent.SendNotification, createPace()],
    [ClientEvent.JoinChannel, createPace()],
  ])
}

/** @param announced the limits of the server; what it does not name is endless */
export function beginPaces(paces: Paces, now: number, announced: unknown): void {
  const limits: Readonly<Record<string, unknown>> = Object(announced)
  const { rateWindowMs: windowMs } = limits
  for (const [event, pace] of paces) {
    const most = limits[event === ClientEvent.JoinChannel ? 'joinsPerWindow' : 'sendsPerWindow']
    if (isPositive(most) && isPositive(windowMs)) pace.begin(now, most, windowMs)
    else pace.begin(now, ENDLESS, 0)
  }
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && value > 0
}
