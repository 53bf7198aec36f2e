import type { Socket } from 'socket.io'
import { isTooWide } from '../rules/wide-frames.ts'

type Connection = Socket['conn']

/** A packet of Engine.IO, as the connection tells of it before it hands it on. */
interface Packet {
  readonly type: string
  readonly data?: unknown
}

/**
 * Holds off frames that would end the process within Socket.IO itself: their connection ends instead, at once, so
 * that nobody gets them. [G7] One listener for all connections; where several namespaces of a connection are
 * served, it hears more than once.
 */
export function guardConnection({ conn }: Socket): void {
  conn.on('packet', onPacket)
}

export function unguardConnection({ conn }: Socket): void {
  conn.off('packet', onPacket)
}

function onPacket(this: Connection, { type, data }: Packet): void {
  if (type === 'message' && typeof data === 'string' && isTooWide(data)) this.close(true)
}
