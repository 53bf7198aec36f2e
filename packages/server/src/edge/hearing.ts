import type { Socket } from 'socket.io'
import { isTooWide } from '../rules/wide-frames.ts'
import type { Attention, Frame } from './attention.ts'

/** Written down at the connection itself: a map of all of them would cost every collection of garbage. */
const HEARER = Symbol('carillon: who hears it')
type Connection = Socket['conn'] & { [HEARER]?: Attention | undefined }

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

/**
 * Keeps a packet from Socket.IO, if its time has not come: it comes later. Says whether it did. Where several
 * attachments serve one connection, the first of them keeps what has to wait: two would mix up its order.
 */
export function keepIfLate(attention: Attention, conn: Connection, packet: Packet, frame: Frame): boolean {
  conn[HEARER] ??= attention
  if (conn[HEARER] !== attention || !attention.keeps(conn, frame)) return false
  packet.type = NOTHING
  return true
}

/** Another attachment may hear the connection now. */
export function dismiss(attention: Attention, conn: Connection): void {
  if (conn[HEARER] === attention) conn[HEARER] = undefined
}
