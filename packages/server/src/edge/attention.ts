import { performance } from 'node:perf_hooks'
import type { Socket } from 'socket.io'
import { createShares, endTurn, forget, letOn, spend, type Turn } from '../rules/shares.ts'
import { cutConnection } from './backlogs.ts'

type Connection = Socket['conn']

/** Reads from those who send much only as fast as the others can bear: rules/shares.ts, on real connections. */
export interface Attention {
  /** @param weight against that of a small frame */
  onFrame(conn: Connection, weight: number): void
  /** The connection is served no more, or is closed. */
  forget(conn: Connection): void
  /** Reads from everybody again. */
  release(): void
}

const LOOK_MS = 10
/** Last words have this long to leave; without a look at the answer, because nothing is read any more. */
const LAST_WORDS_MS = 1_000

export interface AttentionOptions {
  /** How long the frames of a turn may take. */
  readonly longestMs: number
  /** Says the last words, and closes. */
  readonly onTooMuch: (conn: Connection) => void
  readonly warn: (message: string) => void
}

const SHORT_OF_TIME =
  'Frames come faster than they can be dealt with: those who send the most are read more slowly, see SECURITY.md'
/** That is not said again for this long. */
const SAID_MS = 60_000

export function createAttention({ longestMs, onTooMuch, warn }: AttentionOptions): Attention {
  const shares = createShares<Connection>()
  const unread = new Map<Connection, Pausable>()
  const ending = new Map<Connection, number>()
  const turn = createTurnClock((ended, now) => endTurn(shares, longestMs, ended, now))
  let timer: NodeJS.Timeout | undefined
  let saidAt = Number.NEGATIVE_INFINITY

  function look(): void {
    const now = performance.now()
    for (const conn of letOn(shares, now)) {
      unread.get(conn)?.resume()
      unread.delete(conn)
    }
    for (const [conn, since] of ending) if (now - since >= LAST_WORDS_MS) cut(conn)
    if (shares.waiting.size + ending.size === 0) stopLooking()
  }

  function wait(conn: Connection, now: number): void {
    keepLooking()
    const socket = pausableOf(conn)
    if (socket === null || unread.has(conn)) return
    if (now - saidAt >= SAID_MS) {
      saidAt = now
      warn(SHORT_OF_TIME)
    }
    socket.pause()
    unread.set(conn, socket)
  }

  function end(conn: Connection, now: number): void {
    ending.set(conn, now)
    keepLooking()
    onTooMuch(conn)
  }

  function cut(conn: Connection): void {
    ending.delete(conn)
    cutConnection(conn)
  }

  function keepLooking(): void {
    timer ??= setInterval(look, LOOK_MS).unref()
  }

  function stopLooking(): void {
    clearInterval(timer)
    timer = undefined
  }

  return {
    onFrame(conn, weight) {
      const now = performance.now()
      turn.onFrame(conn, now)
      const standing = spend(shares, conn, weight, now)
      if (standing === 'read') return
      wait(conn, now)
      if (standing === 'too-much' && !ending.has(conn)) end(conn, now)
    },
    forget(conn) {
      forget(shares, conn)
      const socket = unread.get(conn)
      unread.delete(conn)
      if (socket === undefined || ending.has(conn)) return
      // What waits of a connection that is closed would be read for nothing, and be much.
      if (conn.readyState === 'closed') cut(conn)
      else socket.resume()
    },
    release() {
      stopLooking()
      for (const conn of [...ending.keys()]) cut(conn)
      for (const socket of unread.values()) socket.resume()
      unread.clear()
    },
  }
}

interface TurnClock {
  onFrame(conn: Connection, now: number): void
}

/** No frame takes longer: what does is something else, the host's own work or a collection of garbage. */
const FRAME_MS = 0.5

/** Tells what the frames of each turn of the event loop took, if there were any. */
function createTurnClock(onEnd: (turn: Turn, now: number) => void): TurnClock {
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
  }
}

interface Pausable {
  pause(): void
  resume(): void
}

/** Only a WebSocket can be left unread; what comes by polling are requests of their own. */
function pausableOf({ transport }: Connection): Pausable | null {
  const socket: unknown = transport.name === 'websocket' ? Reflect.get(transport, 'socket') : null
  return isPausable(socket) ? socket : null
}

function isPausable(socket: unknown): socket is Pausable {
  const has = (name: string): boolean => typeof Reflect.get(Object(socket), name) === 'function'
  return has('pause') && has('resume')
}
