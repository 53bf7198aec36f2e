import type { Socket } from 'socket.io'
import { type Backlog, NOTHING_WAITS } from '../rules/backlog.ts'

type Connection = Socket['conn']

/**
 * What waits for a connection: in the buffer of Engine.IO, and behind it in that of a WebSocket, where the answers to
 * the client's own WebSocket pings are as well. Both keep what they get without bound, and hide it from the types.
 */
export function backlogOf(conn: Connection): Backlog {
  const packets: unknown = Reflect.get(conn, 'writeBuffer')
  const webSocket = webSocketOf(conn)
  const frames = Array.isArray(packets) ? packets.length : 0
  const written = numberAt(webSocket, 'bufferedAmount')
  if (frames === 0 && written === 0) return NOTHING_WAITS
  return {
    frames,
    bytes: written + (Array.isArray(packets) ? sizeOf(packets) : 0),
    taken: takenBy(webSocket),
  }
}

/**
 * Ends a connection with everything that waits. What is asked to close in good order waits until the client has taken
 * it, and after the close frame of a WebSocket half a minute longer.
 */
export function cutConnection(conn: Connection): void {
  const webSocket = webSocketOf(conn)
  conn.close(true)
  const terminate: unknown = Reflect.get(webSocket, 'terminate')
  if (typeof terminate === 'function') Reflect.apply(terminate, webSocket, [])
}

/** Something without properties where the transport is another one. */
function webSocketOf({ transport }: Connection): object {
  return transport.name === 'websocket' ? objectAt(transport, 'socket') : NONE
}

const NONE: object = Object.freeze({})

function sizeOf(packets: readonly unknown[]): number {
  let size = 0
  for (const packet of packets) {
    const data: unknown = Reflect.get(Object(packet), 'data')
    if (typeof data === 'string') size += data.length
    else if (ArrayBuffer.isView(data) || data instanceof ArrayBuffer) size += data.byteLength
  }
  return size
}

/**
 * What the network has taken: of one large write a slow client may take for minutes, and only the handle of the
 * system's socket shows it. Under TLS that is the one below.
 */
function takenBy(webSocket: object): number {
  const handle = objectAt(objectAt(webSocket, '_socket'), '_handle')
  const parent = objectAt(handle, '_parent')
  const tcp = parent === NONE ? handle : parent
  return numberAt(tcp, 'bytesWritten') - numberAt(tcp, 'writeQueueSize')
}

function objectAt(owner: object, name: string): object {
  const value: unknown = Reflect.get(owner, name)
  return typeof value === 'object' && value !== null ? value : NONE
}

function numberAt(owner: object, name: string): number {
  const value: unknown = Reflect.get(owner, name)
  return typeof value === 'number' ? value : 0
}
