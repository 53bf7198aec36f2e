import type { Socket } from 'socket.io'

/** Hears the answers to pings, for the sockets that need proof of what they received. */
export interface Heartbeats {
  watch(socket: Socket): void
  unwatch(socket: Socket): void
}

type Connection = Socket['conn']

/** One listener for all connections: Engine.IO calls it with the connection as `this`. */
export function createHeartbeats(onBeat: (socket: Socket) => void): Heartbeats {
  const watched = new Map<Connection, Socket>()
  function listener(this: Connection): void {
    const socket = watched.get(this)
    if (socket !== undefined) onBeat(socket)
  }
  return {
    watch(socket) {
      watched.set(socket.conn, socket)
      socket.conn.on('heartbeat', listener)
    },
    unwatch(socket) {
      // The connection may serve other namespaces and live on.
      if (watched.delete(socket.conn)) socket.conn.off('heartbeat', listener)
    },
  }
}
