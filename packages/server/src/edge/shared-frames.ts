import type { ServerEvent } from '@carillon/protocol'
import type { Socket } from 'socket.io'

/*
 * Socket.IO encodes an event once for a room, and once more for each socket that gets it alone. What many sockets
 * get alone, one after the other, is encoded once here as well, and written to the connection of each: as the
 * adapter of Socket.IO does it for a room.
 */

/** Encoded events, as long as their payloads are kept; by namespace, for its name is part of the text. */
const encoded = new WeakMap<object, { readonly nsp: string; readonly event: string; readonly text: string }>()

/** Socket.IO's packet of the type "event", in its own notation. */
const EVENT = '2'

/** Writes an event that others get as well; false where only Socket.IO itself can. */
export function writeShared(socket: Socket, event: ServerEvent, payload: object): boolean {
  const hasOwnNotation = socket.nsp.server._opts.parser !== undefined
  const isHeard = socket.listenersAnyOutgoing().length > 0
  if (hasOwnNotation || isHeard || !socket.connected) return false
  socket.conn.write(textOf(socket.nsp.name, event, payload), { compress: true })
  return true
}

function textOf(nsp: string, event: string, payload: object): string {
  const known = encoded.get(payload)
  if (known !== undefined && known.nsp === nsp && known.event === event) return known.text
  const text = `${EVENT}${nsp === '/' ? '' : `${nsp},`}${JSON.stringify([event, payload])}`
  encoded.set(payload, { nsp, event, text })
  return text
}
