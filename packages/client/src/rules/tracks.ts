import type { Position, RecoveryFailure } from '@carillon/protocol'

/** How far one stream was handed to the application. */
export interface Track {
  readonly epoch: string
  /** What is at or below has been handed over, or will not come. */
  readonly last: number
  /** What a reconnect brings; `null` while only the server knows where this reader stands. */
  readonly since: Position | null
  /** The epoch before this one: what still comes of it is late. */
  readonly former: string | null
}

/** Where a notification stands. */
export interface Place {
  readonly epoch: string
  readonly offset: number
  readonly id: string
}

/** What the server said when it put us on the stream. */
export interface Cut {
  readonly epoch: string
  readonly offset: number
  readonly reason?: RecoveryFailure | undefined
  /** Nothing follows that was missed. */
  readonly isComplete: boolean
}

/**
 * A notification arrives. `null` drops it: it was handed over before, or it is of a log that is gone. [G3]
 * One connection is one ordered queue, so an epoch that was never seen is the beginning of a new log.
 */
export function onItem(track: Track | undefined, { epoch, offset, id }: Place): Track | null {
  const since = { epoch, offset, id }
  if (track === undefined) return { epoch, last: offset, since, former: null }
  if (epoch === track.epoch) return offset > track.last ? { ...track, last: offset, since } : null
  if (epoch === track.former) return null
  return { epoch, last: offset, since, former: track.epoch }
}

/**
 * The server put us on the stream.
 *
 * @param brought whether we told it where we stopped: only then its verdict is about our position
 */
export function onCut(track: Track | undefined, cut: Cut, brought: boolean): Track {
  const begun = begin(track, cut, brought)
  return cut.isComplete ? onComplete(begun, cut.offset) : begun
}

/** Everything up to an offset has come; what is missing below it has expired. */
export function onComplete(track: Track, upTo: number): Track {
  if (track.since !== null && track.last >= upTo) return track
  const last = Math.max(track.last, upTo)
  return { ...track, last, since: { epoch: track.epoch, offset: last } }
}

/** The log was lost above an offset, or as a whole: it goes on from there. */
export function onReset(track: Track | undefined, { epoch, offset }: Omit<Place, 'id'>): Track {
  const former = track === undefined || track.epoch === epoch ? (track?.former ?? null) : track.epoch
  return { epoch, last: offset, since: { epoch, offset }, former }
}

function begin(track: Track | undefined, { epoch, reason }: Cut, brought: boolean): Track {
  // Somebody new, and something follows: where it begins, the first notification will tell.
  if (track === undefined) return { epoch, last: 0, since: null, former: null }
  // The log goes on under its epoch, but was rewound: offsets that we have seen come again with other content.
  const isRewound = brought && (reason === 'future' || reason === 'id-mismatch')
  if (track.epoch === epoch && !isRewound) return track
  const former = track.epoch === epoch ? track.former : track.epoch
  return { epoch, last: 0, since: { epoch, offset: 0 }, former }
}
