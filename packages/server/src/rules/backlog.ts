/** What waits for a client to take it. */
export interface Backlog {
  /** Frames that the transport has not been given. */
  readonly frames: number
  /** Bytes that wait, about: what text takes on the wire is known when it is written. */
  readonly bytes: number
  /** Bytes that the network has taken since the beginning; 0 where nobody can tell. */
  readonly taken: number
}

export const NOTHING_WAITS: Backlog = Object.freeze({ frames: 0, bytes: 0, taken: 0 })

/** How much may wait for one client, and how long. */
export interface BufferLimits {
  readonly frames: number
  readonly bytes: number
  /** Looks in a row at which nothing has moved. */
  readonly stalledLooks: number
}

/** What is known of a client for which too much waits. Of nobody else anything is. */
export type Strain =
  /** At the last look. It may have been a burst: the next one tells. */
  | { readonly state: 'full'; readonly seen: Backlog }
  /** It takes less than it is sent, and is sent nothing more until it has taken what waits. */
  | { readonly state: 'lagging'; readonly seen: Backlog; readonly least: Size; readonly stillLooks: number }
  /** It takes nothing, or makes the server say more and more. */
  | { readonly state: 'lost'; readonly seen: Backlog }

type Size = Pick<Backlog, 'frames' | 'bytes'>

/** So many times the limits need no second look, and no client that lags may make as much come on top. */
const FAR = 4

/** Who has just been let go is not taken back for the next frame. */
const ENOUGH = 0.5

/** Judges by looks and not by time: while a process is busy or asleep, nobody can take anything. */
export function onLook(before: Strain | undefined, seen: Backlog, limits: BufferLimits): Strain | undefined {
  if (before?.state === 'lagging') return stillLagging(before, seen, limits)
  if (!exceeds(seen, limits)) return undefined
  const isLagging = exceeds(seen, limits, FAR) || (before !== undefined && !hasTakenAll(before.seen, seen))
  return isLagging ? { state: 'lagging', seen, least: seen, stillLooks: 0 } : { state: 'full', seen }
}

export function exceeds(size: Size, limits: Size, times = 1): boolean {
  return size.frames > limits.frames * times || size.bytes > limits.bytes * times
}

function stillLagging(
  before: Extract<Strain, { state: 'lagging' }>,
  seen: Backlog,
  limits: BufferLimits,
): Strain | undefined {
  if (!exceeds(seen, limits, ENOUGH)) return undefined
  const least = {
    frames: Math.min(before.least.frames, seen.frames),
    bytes: Math.min(before.least.bytes, seen.bytes),
  }
  const grown = { frames: seen.frames - least.frames, bytes: seen.bytes - least.bytes }
  const stillLooks = hasMoved(before.seen, seen) ? 0 : before.stillLooks + 1
  const isLost = exceeds(grown, limits, FAR) || stillLooks >= limits.stalledLooks
  return isLost ? { state: 'lost', seen } : { state: 'lagging', seen, least, stillLooks }
}

/** Whether everything that waited has left since: then what waits now is new. */
function hasTakenAll(before: Backlog, now: Backlog): boolean {
  return now.taken > before.taken && now.taken - before.taken >= before.bytes
}

function hasMoved(before: Backlog, now: Backlog): boolean {
  return now.taken > before.taken || now.frames < before.frames || now.bytes < before.bytes
}
