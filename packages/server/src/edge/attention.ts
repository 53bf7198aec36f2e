import { performance } from 'node:perf_hooks'
import type { Socket } from 'socket.io'
import {
  createShares,
  doesAnybodyWait,
  endTurn,
  forget,
  type Next,
  nextFrame,
  onFrame,
  pieceOf,
  rest,
  takeOver,
} from '../rules/shares.ts'
import { cutConnection } from './backlogs.ts'
import { type Pausable, pausableOf } from './pausable.ts'
import { createTurnClock } from './turn-clock.ts'

type Connection = Socket['conn']

/** Hears those who send much only as fast as the others can bear: rules/shares.ts, on real connections. */
export interface Attention {
  /**
   * A frame has come, that Socket.IO has not seen yet.
   *
   * @returns whether it is kept for later: then Socket.IO must not see it now
   */
  keeps(conn: Connection, frame: Frame): boolean
  /** The connection is served no more, or is closed: what was kept of it goes on. */
  forget(conn: Connection): void
  /** Hears everybody again. */
  release(): void
}

export interface Frame {
  /** Text, or what belongs to a text before it. */
  readonly data: unknown
  /** Against that of a small frame. */
  readonly weight: number
  /** The connection comes in with it. */
  readonly isHello: boolean
}

const LOOK_MS = 10
/** So often whoever is not read is given more time to answer a ping: less than anybody takes for dead. */
const PATIENT_MS = 1_000
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
  'Frames come faster than they can be dealt with: those who send the most are heard later, see SECURITY.md'
/** That is not said again for this long. */
const SAID_MS = 60_000

export function createAttention({ longestMs, onTooMuch, warn }: AttentionOptions): Attention {
  const shares = createShares<Connection, unknown>()
  const unread = new Map<Connection, Pausable>()
  const ending = new Map<Connection, number>()
  const isCalm = (): boolean => shares.pace.total === null
  const turn = createTurnClock(isCalm, (ended, now) => {
    endTurn(shares, longestMs, ended, now)
    if (!isCalm() && !isReleased) keepLooking()
  })
  let isReleased = false
  let timer: NodeJS.Timeout | undefined
  let isAtWork = false
  let saidAt = Number.NEGATIVE_INFINITY
  let patientAt = saidAt

  /** Deals with a piece of what was kept, and with the next one when it has been looked for what has come meanwhile. */
  function goOn(piece: number): void {
    // Before anything can be thrown: otherwise nothing would go on ever again.
    isAtWork = false
    const now = performance.now()
    let left = piece
    do {
      const next = nextFrame(shares, now)
      if (next === undefined) return
      left -= next.weight
      const isDone = deal(next, now)
      if (isDone && left > 0 && isLeave(next.frame)) {
        // Socket.IO leaves a namespace in the next tick, and must have left it before somebody comes back to it.
        isAtWork = true
        process.nextTick(goOn, left)
        return
      }
    } while (left > 0)
    begin()
  }

  /** Whether it was dealt with: its connection may be gone. */
  function deal({ key: conn, frame, weight, isLast }: Next<Connection, unknown>, now: number): boolean {
    if (conn.readyState !== 'open') {
      forget(shares, conn)
      if (unread.delete(conn)) cutSoon(conn, now)
      return false
    }
    turn.onFrame(conn, weight, now)
    try {
      hand(conn, frame)
    } finally {
      // Later than what this frame has set going.
      if (isLast) readOn(conn)
    }
    return true
  }

  function look(): void {
    const now = performance.now()
    if (now - patientAt >= PATIENT_MS) {
      patientAt = now
      for (const conn of unread.keys()) bePatient(conn)
    }
    for (const [conn, since] of ending) if (now - since >= LAST_WORDS_MS) cut(conn)
    const isOver = rest(shares, now)
    if (doesAnybodyWait(shares)) begin()
    else if (ending.size === 0 && isOver) stopLooking()
  }

  function begin(): void {
    keepLooking()
    if (isAtWork) return
    isAtWork = true
    setImmediate(() => goOn(pieceOf(shares, longestMs)))
  }

  function leaveUnread(conn: Connection, now: number): void {
    if (shares.pace.total !== null && now - saidAt >= SAID_MS) {
      saidAt = now
      warn(SHORT_OF_TIME)
    }
    if (unread.has(conn)) return
    const socket = pausableOf(conn)
    if (socket === null) return
    socket.pause()
    unread.set(conn, socket)
  }

  function readOn(conn: Connection): void {
    if (ending.has(conn)) return
    unread.get(conn)?.resume()
    unread.delete(conn)
  }

  function end(conn: Connection, now: number): void {
    forget(shares, conn)
    ending.set(conn, now)
    onTooMuch(conn)
  }

  function cut(conn: Connection): void {
    ending.delete(conn)
    unread.delete(conn)
    cutConnection(conn)
  }

  function keepLooking(): void {
    timer ??= setInterval(look, LOOK_MS).unref()
  }

  function stopLooking(): void {
    clearInterval(timer)
    timer = undefined
  }

  /** What waits of a closed connection would be read for nothing, and be much; but last words may be under way. */
  function cutSoon(conn: Connection, now: number): void {
    if (ending.has(conn)) return
    ending.set(conn, now)
    keepLooking()
  }

  function forgetConnection(conn: Connection): void {
    const socket = unread.get(conn)
    unread.delete(conn)
    if (conn.readyState === 'closed') {
      forget(shares, conn)
      if (socket !== undefined) cutSoon(conn, performance.now())
      return
    }
    const frames = takeOver(shares, conn)
    if (frames.length === 0 && socket === undefined) return
    process.nextTick(handAll, conn, frames, () => {
      if (!ending.has(conn)) socket?.resume()
    })
  }

  return {
    keeps(conn, { data, weight, isHello }) {
      if (ending.has(conn)) return true
      const now = performance.now()
      const isLate = turn.tookMs(now) >= longestMs
      const standing = onFrame(shares, { key: conn, frame: data, weight, isLate, isHello }, now)
      if (standing === 'now') {
        turn.onFrame(conn, weight, now)
        return false
      }
      begin()
      if (standing !== 'soon') leaveUnread(conn, now)
      if (standing === 'too-much') end(conn, now)
      return true
    },
    forget: forgetConnection,
    release() {
      for (const conn of [...shares.speakers.keys(), ...unread.keys()]) forgetConnection(conn)
      for (const conn of [...ending.keys()]) cut(conn)
      isReleased = true
      stopLooking()
    },
  }
}

/** To Socket.IO, as Engine.IO does it. */
function hand(conn: Connection, frame: unknown): void {
  if (conn.readyState !== 'open') return
  conn.emit('data', frame)
  conn.emit('message', frame)
}

/** One after the other, each in a tick of its own, for what Socket.IO does of each it may do in a later one. */
function handAll(conn: Connection, frames: readonly unknown[], onEnd: () => void, at = 0): void {
  if (at >= frames.length || conn.readyState !== 'open') {
    onEnd()
    return
  }
  try {
    hand(conn, frames[at])
  } finally {
    process.nextTick(handAll, conn, frames, onEnd, at + 1)
  }
}

/** Socket.IO's packet of the type "disconnect". */
function isLeave(frame: unknown): boolean {
  return typeof frame === 'string' && frame.startsWith('1')
}

/** Whoever is not read cannot show that they are alive: Engine.IO waits anew for their answer to its ping. */
function bePatient(conn: Connection): void {
  const timer: unknown = Reflect.get(conn, 'pingTimeoutTimer')
  if (timer instanceof Object && 'refresh' in timer && typeof timer.refresh === 'function') timer.refresh()
}
