import type { Socket } from 'socket.io'

type Connection = Socket['conn']

/** Hears the answers to pings, for the sockets that need proof of what they received. */
export interface Heartbeats {
  watch(socket: Socket): void
  unwatch(socket: Socket): void
}

/** The one revision of the Engine.IO protocol in which the server pings: in others a heartbeat proves nothing. */
const PINGING_PROTOCOL = 4

/** One listener for all connections: Engine.IO calls it with the connection as `this`. */
export function createHeartbeats(onBeat: (connection: Connection) => void): Heartbeats {
  function listener(this: Connection): void {
    onBeat(this)
  }
  return {
    watch({ conn }) {
      if (conn.protocol === PINGING_PROTOCOL) conn.on('heartbeat', listener)
    },
    // The connection may serve other namespaces and live on.
    unwatch: ({ conn }) => void conn.off('heartbeat', listener),
  }
}
