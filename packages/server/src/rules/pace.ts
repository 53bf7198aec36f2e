/**
 * How much there is time for. As long as the frames of a turn of the event loop are dealt with quickly, everything.
 * When turns get long, so much a second as makes them short again, found by trying: less while they are too long, more
 * while they are not.
 */
export interface Pace {
  /** Lengths of the turns of late, and their squares: the newer ones count for more. */
  turnsMs: number
  squares: number
  /** What may be dealt with in a second, in weights of frames; `null` when there is no bound. */
  total: number | null
  /** What was dealt with in the turns of late, and what they took. */
  came: number
  tookMs: number
  /** When the bound was looked at last. */
  adjustedAt: number
}

/** A turn of the event loop in which something was dealt with. */
export interface Turn {
  readonly tookMs: number
  /** What it was, in weights of frames. */
  readonly weight: number
  /** From how many it came. */
  readonly speakers: number
}

/** What is left of earlier turns at each look at the bound: one collection of garbage is no shortage. */
const FADING = 0.6
/** Long enough for a change to have shown. */
const ADJUST_MS = 20
const LESS = 0.75
const MORE = 1.1
/** Fewer than this are no crowd: what each may do by itself bounds them. */
const CROWD = 4
/**
 * It may go beyond what there is time for by this: of the many among whom it is divided most say next to nothing, and
 * whoever says more would wait though there is time.
 */
const BEYOND = 10
/** Below this part of what there could be time for the bound does not go: so little makes no turn long. */
const LEAST_PART = 0.25

export function createPace(): Pace {
  return { turnsMs: 0, squares: 0, total: null, came: 0, tookMs: 0, adjustedAt: Number.NEGATIVE_INFINITY }
}

export function noteTurn(pace: Pace, longestMs: number, turn: Turn): void {
  // What a few send at once is dealt with at once, however they are bounded.
  const tookMs = turn.speakers < CROWD ? Math.min(longestMs, turn.tookMs) : turn.tookMs
  pace.turnsMs += tookMs
  pace.squares += tookMs * tookMs
  pace.tookMs += turn.tookMs
  pace.came += turn.weight
}

export function isLookDue({ adjustedAt }: Pace, now: number): boolean {
  return now - adjustedAt >= ADJUST_MS
}

/** What the bound is looked at with. */
export interface Look {
  readonly longestMs: number
  /** How many wait: as long as there is no bound, so many may have to that there must be one. */
  readonly waiting: number
  /** What there must be time for in any case. */
  readonly least: number
}

export function adjust(pace: Pace, { longestMs, waiting, least }: Look, now: number): void {
  pace.adjustedAt = now
  // Of the turn that somebody meets who comes at a random moment: long ones are met more often.
  const isLong = pace.squares / pace.turnsMs > longestMs
  pace.turnsMs *= FADING
  pace.squares *= FADING
  const most = capacityOf(pace)
  if (pace.total !== null) {
    const wanted = isLong ? Math.min(most, pace.total) * LESS : Math.min(most * BEYOND, pace.total * MORE)
    pace.total = Math.max(least, most * LEAST_PART, wanted)
  } else if (isLong || waiting >= CROWD) {
    pace.total = Math.max(least, most * LESS)
  }
}

/** Older turns say less of what there is time for now. */
export function fade(pace: Pace): void {
  pace.came *= FADING
  pace.tookMs *= FADING
}

/** What could be dealt with in a second if there were nothing else to do. */
export function capacityOf({ came, tookMs }: Pace): number {
  return tookMs > 0 ? (came / tookMs) * 1_000 : 0
}
