import type { Socket } from 'socket.io'
import type { Turn } from '../rules/pace.ts'

type Connection = Socket['conn']

/** What the frames of a turn of the event loop take. */
export interface TurnClock {
  onFrame(conn: Connection, now: number): void
  /** What the frames of this turn have taken so far. */
  tookMs(now: number): number
}

/** No frame takes longer: what does is something else, the host's own work or a collection of garbage. */
const FRAME_MS = 0.5

/** Tells what the frames of each turn of the event loop took, if there were any. */
export function createTurnClock(onEnd: (turn: Turn, now: number) => void): TurnClock {
  let frames = 0
  let speakers = 0
  let last: Connection | null = null
  let began = 0
  const end = (): void => {
    const now = performance.now()
    const turn = { tookMs: Math.min(now - began, frames * FRAME_MS), speakers }
    frames = 0
    speakers = 0
    last = null
    onEnd(turn, now)
  }
  return {
    onFrame(conn, now) {
      // What comes from one comes together.
      if (conn !== last) speakers += 1
      last = conn
      frames += 1
      if (frames > 1) return
      began = now
      setImmediate(end)
    },
    tookMs: (now) => (frames === 0 ? 0 : now - began),
  }
}
