import type { Socket } from 'socket.io'
import { isTooWide } from '../rules/wide-frames.ts'
import type { Attention, Frame } from './attention.ts'

type Connection = Socket['conn']

/** A packet of Engine.IO, as the connection tells of it before it hands it on. */
export interface Packet {
  type: string
  readonly data?: unknown
}

/** A type of packet that Engine.IO does nothing with. */
const NOTHING = 'noop'

/**
 * A frame that would end the process within Socket.IO itself ends its connection instead, at once, so that nobody gets
 * it. Looked at when it comes, for what is kept is heard by Socket.IO without another look. [G7]
 */
export function endIfTooWide(conn: Connection, { data }: Packet): boolean {
  const isWide = typeof data === 'string' && isTooWide(data)
  if (isWide) conn.close(true)
  return isWide
}

/** Where several attachments serve one connection, one of them keeps what has to wait: two would mix up its order. */
const hearers = new WeakMap<Connection, Attention>()

/** Keeps a packet from Socket.IO, if its time has not come: it comes later. Says whether it did. */
export function keepIfLate(attention: Attention, conn: Connection, packet: Packet, frame: Frame): boolean {
  const hearer = hearers.get(conn)
  if (hearer === undefined) hearers.set(conn, attention)
  else if (hearer !== attention) return false
  if (!attention.keeps(conn, frame)) return false
  packet.type = NOTHING
  return true
}

/** Another attachment may hear the connection now. */
export function dismiss(attention: Attention, conn: Connection): void {
  if (hearers.get(conn) === attention) hearers.delete(conn)
}
