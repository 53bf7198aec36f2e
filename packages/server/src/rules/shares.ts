import { createLine, enterLine, firstInLine, type Line, leaveLine } from './line.ts'
import { adjust, capacityOf, createPace, fade, isLookDue, noteTurn, type Pace, type Turn } from './pace.ts'

/**
 * Who is heard when, while the server is short of time. As long as the frames of one turn of the event loop are dealt
 * with quickly, everybody is heard at once. What comes when a turn has taken long enough waits for the next one. When
 * turns get long all the same, what all may say together is cut down until they are short again, and each gets an
 * equal share of it: of those who wait, who has had the least is heard first, so that who says little notices nothing.
 *
 * It is fair queueing with a virtual time: how much somebody would have had by now who always has something to say.
 * Whoever has had more than that waits until it has caught up. A share may change at any time; nobody's place in the
 * line does.
 */
export interface Shares<Key, Frame> {
  readonly pace: Pace
  /** The virtual time, in weights of frames, and when it was moved on last. */
  virtual: number
  virtualAt: number
  /** Who has said something lately, while there is a bound; and who waits. */
  readonly speakers: Map<Key, Speaker<Frame>>
  readonly line: Line<Key>
  /** When those who are silent were forgotten last. */
  since: number
  /** When somebody last had to wait. */
  waitedAt: number
}

interface Speaker<Frame> {
  /** The virtual time that what they have had comes to. */
  had: number
  readonly waiting: Waiting<Frame>[]
  waitingWeight: number
  at: number
}

interface Waiting<Frame> {
  readonly frame: Frame
  readonly weight: number
  readonly isHello: boolean
}

/** Who has been silent for this long has no share. */
const SILENT_MS = 2_000
/** When nobody had to wait for this long, the shortage is over. */
const CALM_MS = 1_000
/** So much may come at once from somebody who is new, and from somebody who has said little. */
const OF_NEWCOMERS = 1
const OF_SILENT = 10
/**
 * More than this is no burst any more, nor is what a second brings, if that is more. It is more than a client says at
 * once that comes back and joins all of its channels.
 */
const TOO_MUCH = 250
/** As long as there is no shortage: more than a chunk from the network holds. */
const FAR_TOO_MUCH = 10_000
/** Below this nobody is brought, in a second, however many there are. */
const LEAST = 1
/** Of a turn, what those may take who have waited: it is looked for others after it. */
const PIECE = 0.25

export function createShares<Key, Frame>(): Shares<Key, Frame> {
  const never = Number.NEGATIVE_INFINITY
  return {
    pace: createPace(),
    virtual: 0,
    virtualAt: 0,
    speakers: new Map(),
    line: createLine(),
    since: never,
    waitedAt: never,
  }
}

/** A frame that has come. */
export interface Arrival<Key, Frame> {
  readonly key: Key
  readonly frame: Frame
  /** What it costs, against a small one. */
  readonly weight: number
  /** The turn has taken as long as it may. */
  readonly isLate: boolean
  /** Somebody comes in: after those who are here and say little, and it is not counted. */
  readonly isHello: boolean
}

/** When it is dealt with. */
export type Standing =
  | 'now'
  /** It is kept until `nextFrame`, which will be soon. */
  | 'soon'
  /** It is kept, and nothing more should be read from them until it is dealt with. */
  | 'later'
  /** It is kept as well; but they say far more than their share while they wait. */
  | 'too-much'

export function onFrame<Key, Frame>(
  shares: Shares<Key, Frame>,
  arrival: Arrival<Key, Frame>,
  now: number,
): Standing {
  const { key, isLate } = arrival
  // What everybody is as long as there is no shortage.
  if (shares.pace.total === null && !isLate && !shares.speakers.has(key)) return 'now'
  moveOn(shares, now)
  const speaker = speakerOf(shares, key, now)
  const place = arrival.isHello ? shares.virtual : placeOf(shares, speaker)
  if (speaker.waiting.length === 0 && !isLate && isDue(shares, place)) {
    take(shares, speaker, arrival)
    return 'now'
  }
  shares.waitedAt = now
  speaker.waiting.push(arrival)
  speaker.waitingWeight += arrival.weight
  if (speaker.waiting.length === 1) enterLine(shares.line, key, place)
  const { waitingWeight } = speaker
  if (isDue(shares, place) && waitingWeight <= OF_SILENT) return 'soon'
  return waitingWeight > mostOf(shares) ? 'too-much' : 'later'
}

export interface Next<Key, Frame> {
  readonly key: Key
  readonly frame: Frame
  readonly weight: number
  /** Nothing more waits of them. */
  readonly isLast: boolean
}

/** What is dealt with next of that which has waited; `undefined` when nobody's turn has come. */
export function nextFrame<Key, Frame>(shares: Shares<Key, Frame>, now: number): Next<Key, Frame> | undefined {
  moveOn(shares, now)
  for (let first = firstInLine(shares.line); first !== undefined; first = firstInLine(shares.line)) {
    const { key, at } = first
    const speaker = shares.speakers.get(key)
    if (speaker !== undefined && !isDue(shares, at)) return undefined
    leaveLine(shares.line)
    const next = speaker?.waiting.shift()
    // Whoever was forgotten is still in the line.
    if (speaker === undefined || next === undefined) continue
    shares.waitedAt = now
    take(shares, speaker, next)
    speaker.waitingWeight -= next.weight
    const isLast = speaker.waiting.length === 0
    if (!isLast) enterLine(shares.line, key, placeOf(shares, speaker))
    else if (shares.pace.total === null) shares.speakers.delete(key)
    return { key, frame: next.frame, weight: next.weight, isLast }
  }
  return undefined
}

/** Weight of that which is dealt with before it is looked for what has come meanwhile. */
export function pieceOf({ pace }: Shares<unknown, unknown>, longestMs: number): number {
  return (capacityOf(pace) * longestMs * PIECE) / 1_000
}

export function doesAnybodyWait({ line }: Shares<unknown, unknown>): boolean {
  return firstInLine(line) !== undefined
}

/** At the end of a turn. */
export function endTurn<Key, Frame>(
  shares: Shares<Key, Frame>,
  longestMs: number,
  turn: Turn,
  now: number,
): void {
  const { pace, speakers } = shares
  noteTurn(pace, longestMs, turn)
  if (!isLookDue(pace, now)) return
  moveOn(shares, now)
  const wasShort = pace.total !== null
  adjust(pace, { longestMs, waiting: speakers.size, least: LEAST * speakers.size }, now)
  if (!wasShort && pace.total !== null) shares.waitedAt = now
  beginAgain(shares, now)
}

/** While nothing comes no turn ends, but a shortage does, and what was kept of those who spoke. Whether it is over. */
export function rest(shares: Shares<unknown, unknown>, now: number): boolean {
  if (shares.pace.total !== null) {
    moveOn(shares, now)
    beginAgain(shares, now)
  }
  return shares.pace.total === null
}

/** What waits of them is dealt with elsewhere. What they have had still counts, as long as they are there. */
export function takeOver<Key, Frame>({ pace, speakers }: Shares<Key, Frame>, key: Key): Frame[] {
  const speaker = speakers.get(key)
  if (speaker === undefined) return []
  if (pace.total === null) speakers.delete(key)
  speaker.waitingWeight = 0
  return speaker.waiting.splice(0).map(({ frame }) => frame)
}

/** Nothing of them is kept any more, nor what waited of them. */
export function forget<Key>({ speakers }: Shares<Key, unknown>, key: Key): void {
  speakers.delete(key)
}

function beginAgain<Key, Frame>(shares: Shares<Key, Frame>, now: number): void {
  if (now - shares.since < SILENT_MS) return
  fade(shares.pace)
  shares.since = now
  if (now - shares.waitedAt > CALM_MS && !doesAnybodyWait(shares)) {
    shares.pace.total = null
    shares.speakers.clear()
    return
  }
  for (const [key, { at, had, waiting }] of shares.speakers) {
    const isSilent = now - at > SILENT_MS && had <= shares.virtual
    if (isSilent && waiting.length === 0) shares.speakers.delete(key)
  }
}

/**
 * The virtual time goes on by what a share has come to, but hardly as long as somebody's turn has come: otherwise it
 * would run away from those who wait, and put whoever comes behind all of them. That it goes on at all is for those
 * whose turn comes next, whoever comes in meanwhile.
 */
function moveOn<Key, Frame>(shares: Shares<Key, Frame>, now: number): void {
  const first = firstInLine(shares.line)
  const isBehind = first !== undefined && isDue(shares, first.at)
  if (shares.pace.total !== null) {
    shares.virtual += ((isBehind ? LEAST : shareOf(shares)) * (now - shares.virtualAt)) / 1_000
  }
  shares.virtualAt = now
}

function isDue({ pace, virtual }: Shares<unknown, unknown>, place: number): boolean {
  return pace.total === null || place <= virtual
}

function take<Key, Frame>(
  shares: Shares<Key, Frame>,
  speaker: Speaker<Frame>,
  { weight, isHello }: Pick<Waiting<Frame>, 'weight' | 'isHello'>,
): void {
  if (!isHello) speaker.had = placeOf(shares, speaker) + weight
}

/** Who was silent has not saved up for more than a burst. */
function placeOf({ virtual }: Shares<unknown, unknown>, { had }: Speaker<unknown>): number {
  return Math.max(had, virtual - OF_SILENT)
}

function shareOf({ pace, speakers }: Shares<unknown, unknown>): number {
  return Math.max(LEAST, (pace.total ?? 0) / Math.max(1, speakers.size))
}

/** So much may wait of somebody. */
function mostOf<Key, Frame>(shares: Shares<Key, Frame>): number {
  return shares.pace.total === null ? FAR_TOO_MUCH : Math.max(TOO_MUCH, shareOf(shares))
}

function speakerOf<Key, Frame>(shares: Shares<Key, Frame>, key: Key, now: number): Speaker<Frame> {
  let speaker = shares.speakers.get(key)
  if (speaker === undefined) {
    speaker = { had: shares.virtual - OF_NEWCOMERS, waiting: [], waitingWeight: 0, at: now }
    shares.speakers.set(key, speaker)
  }
  speaker.at = now
  return speaker
}
