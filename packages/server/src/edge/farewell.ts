import type { Socket } from 'socket.io'
import { systemClock } from './clock.ts'

type Connection = Socket['conn']

/** How connections are ended. */
export interface Farewell {
  /** Milliseconds over which they are spread, so that not all clients come back at once. */
  readonly drainMs: number
}

/** Whoever takes no more is cut off after this. */
const GRACE_MS = 2_000

/**
 * Ends the connections of sockets at an even pace, each after everything that was emitted has left. Ends them as
 * a network would, from below: after a `disconnect` of Socket.IO a stock client would stay away for good.
 */
export async function sayFarewell(sockets: readonly Socket[], { drainMs }: Farewell): Promise<void> {
  const connections = [...new Set(sockets.map(({ conn }) => conn))]
  const ends = connections.map((conn, at) => endAfter(conn, (at * drainMs) / connections.length))
  await Promise.all(ends)
}

async function endAfter(conn: Connection, ms: number): Promise<void> {
  if (ms >= 1) await pause(ms)
  await end(conn)
}

function end(conn: Connection): Promise<void> {
  if (conn.readyState === 'closed') return Promise.resolve()
  return new Promise((resolve) => {
    const cutOff = systemClock.after(GRACE_MS, () => conn.close(true))
    conn.once('close', () => {
      cutOff()
      resolve()
    })
    conn.close()
  })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    systemClock.after(ms, resolve)
  })
}
