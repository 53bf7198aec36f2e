import {
  BROADCAST_STREAM,
  type ConnectionConfirmed,
  type Position,
  type Positions,
  type StreamName,
  USER_STREAM,
} from '@carillon/protocol'
import { type Cut, onComplete, onCut, onItem, onReset, type Place, type Track } from './tracks.ts'

export type Since = { readonly b?: Position; readonly u?: Position }

/** Where positions are kept for the page after this one. */
export interface Shelf {
  read(stream: StreamName): Position | null
  /** `null` removes it. */
  write(stream: StreamName, position: Position | null): void
}

/** Where the application stands on every stream. */
export interface PositionBook {
  /** Whether the notification is new. If so its place is the stream's position from now on. */
  take(stream: StreamName, place: Place): boolean
  /** What the next join brings. */
  since(stream: StreamName): Position | null
  /** What the next handshake brings. */
  ownStreams(): Since
  onConfirmed(confirmed: ConnectionConfirmed, brought: Since): void
  onJoined(stream: StreamName, cut: Cut, brought: boolean): void
  /** Nothing of the stream is still to come at or below an offset. */
  onCovered(stream: StreamName, epoch: string, upTo: number): void
  /** The log was lost: what is above an offset is news, whatever was seen of it. */
  onReset(stream: StreamName, head: Pick<Position, 'epoch' | 'offset'>): void
  /** The channel was left: what is missed from now on is not wanted. */
  forget(stream: StreamName): void
  /** We are somebody else than before. */
  reset(): void
  /**
   * Writes down what moved; in the task that hands a notification over, and after that. [G3]
   *
   * @param isHeld whether what moved a stream is still on its way to the application: not yet, then [G2]
   */
  keep(isHeld: (stream: StreamName) => boolean): void
  /**
   * Positions that moved since they were asked for last, at most so many.
   *
   * @param isHeld whether what moved a stream is still on its way to the application: not yet, then
   */
  takeMoved(max: number, isHeld?: (stream: StreamName) => boolean): Positions
  hasMoved(): boolean
  /** These did not arrive: they count as moved again. */
  putBack(positions: Positions): void
}

/** Missed notifications of the connection that are still to come. Only their sum is known. */
interface Greeting {
  left: number
  readonly cuts: ReadonlyMap<StreamName, number>
}

const OWN_STREAMS = [BROADCAST_STREAM, USER_STREAM] as const

export function createPositionBook(shelf?: Shelf): PositionBook {
  const tracks = new Map<StreamName, Track>()
  const moved = new Set<StreamName>()
  const unkept = new Set<StreamName>()
  let greeting: Greeting | null = null

  function put(stream: StreamName, track: Track): void {
    tracks.set(stream, track)
    unkept.add(stream)
  }

  function since(stream: StreamName): Position | null {
    const kept = tracks.has(stream) ? null : shelf?.read(stream)
    if (kept) {
      tracks.set(stream, { epoch: kept.epoch, last: kept.offset, since: kept, former: null })
    }
    return tracks.get(stream)?.since ?? null
  }

  function countDown(stream: StreamName, offset: number): void {
    if (greeting === null || offset > (greeting.cuts.get(stream) ?? -1)) return
    greeting.left -= 1
    if (greeting.left > 0) return
    // All that was missed is here: a stream that had nothing to tell stands at its cut, too.
    for (const [own, cut] of greeting.cuts) {
      const track = tracks.get(own)
      if (track !== undefined) put(own, onComplete(track, cut))
    }
    greeting = null
  }

  return {
    take(stream, place) {
      const track = onItem(tracks.get(stream), place)
      if (track === null) return false
      put(stream, track)
      moved.add(stream)
      countDown(stream, place.offset)
      return true
    },
    since,
    ownStreams() {
      const own: { b?: Position; u?: Position } = {}
      for (const stream of OWN_STREAMS) {
        const position = since(stream)
        if (position) own[stream] = position
      }
      return own
    },
    // The defaults are for a server that speaks the protocol page and no more.
    onConfirmed({ streams = {}, pendingCount = 0, hasMore = false }, brought) {
      const cuts = new Map<StreamName, number>()
      const isComplete = pendingCount === 0 && !hasMore
      for (const stream of OWN_STREAMS) {
        const cut = streams[stream]
        if (cut === undefined) continue
        cuts.set(stream, cut.offset)
        put(stream, onCut(tracks.get(stream), { ...cut, isComplete }, brought[stream] !== undefined))
      }
      greeting = isComplete || hasMore ? null : { left: pendingCount, cuts }
    },
    onJoined(stream, cut, brought) {
      put(stream, onCut(tracks.get(stream), cut, brought))
    },
    onCovered(stream, epoch, upTo) {
      const track = tracks.get(stream)
      if (track?.epoch === epoch) put(stream, onComplete(track, upTo))
    },
    onReset(stream, head) {
      put(stream, onReset(tracks.get(stream), head))
      // What was announced was of the log before.
      greeting = null
    },
    forget(stream) {
      tracks.delete(stream)
      moved.delete(stream)
      unkept.delete(stream)
      shelf?.write(stream, null)
    },
    reset() {
      tracks.clear()
      moved.clear()
      unkept.clear()
      greeting = null
    },
    keep(isHeld) {
      for (const stream of unkept) {
        if (isHeld(stream)) continue
        unkept.delete(stream)
        const position = tracks.get(stream)?.since
        if (position) shelf?.write(stream, position)
      }
    },
    takeMoved(max, isHeld = () => false) {
      const positions: { [S in StreamName]?: Position } = {}
      const ready = [...moved].filter((stream) => !isHeld(stream))
      for (const stream of ready.slice(0, max)) {
        moved.delete(stream)
        const position = tracks.get(stream)?.since
        if (position) positions[stream] = position
      }
      return positions
    },
    hasMoved: () => moved.size > 0,
    putBack(positions) {
      for (const stream of tracks.keys()) if (positions[stream] !== undefined) moved.add(stream)
    },
  }
}
