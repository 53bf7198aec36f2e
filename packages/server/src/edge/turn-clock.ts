import type { Socket } from 'socket.io'
import type { Turn } from '../rules/pace.ts'

type Connection = Socket['conn']

/** What the frames of a turn of the event loop take. */
export interface TurnClock {
  onFrame(conn: Connection, weight: number, now: number): void
  /** What the frames of this turn have taken so far. */
  tookMs(now: number): number
}

/** No frame takes longer: what does is something else, the host's own work or a collection of garbage. */
const FRAME_MS = 0.5

/** As long as there is no shortage, turns that begin sooner after another are not looked at: looking costs a turn. */
const REST_MS = 5

/**
 * Tells what the frames of a turn of the event loop took, and what they were.
 *
 * @param isCalm whether no turn needs to be looked at
 */
export function createTurnClock(isCalm: () => boolean, onEnd: (turn: Turn, now: number) => void): TurnClock {
  let frames = 0
  let weights = 0
  let speakers = 0
  let last: Connection | null = null
  let began = 0
  let ended = Number.NEGATIVE_INFINITY
  const end = (): void => {
    const now = performance.now()
    const turn = { tookMs: Math.min(now - began, frames * FRAME_MS), weight: weights, speakers }
    ended = now
    frames = 0
    weights = 0
    speakers = 0
    last = null
    onEnd(turn, now)
  }
  return {
    onFrame(conn, weight, now) {
      if (frames === 0 && now - ended < REST_MS && isCalm()) return
      // What comes from one comes together.
      if (conn !== last) speakers += 1
      last = conn
      frames += 1
      weights += weight
      if (frames > 1) return
      began = now
      setImmediate(end)
    },
    tookMs: (now) => (frames === 0 ? 0 : now - began),
  }
}
