import type { Socket } from 'socket.io'

type Connection = Socket['conn']

/**
 * What is written meanwhile leaves together. Engine.IO hands a frame to its transport as soon as it is written, and
 * the next only when that one has left: two system calls, each of which costs more than all else that is done for a
 * frame. While a transport is called not writable Engine.IO gathers, and when it is said to be ready it hands over
 * all that was gathered. A long-polling request gathers by itself.
 */
export function together({ transport }: Connection, write: () => void): void {
  if (transport.name !== 'websocket' || !transport.writable) {
    write()
    return
  }
  transport.writable = false
  try {
    write()
  } finally {
    transport.writable = true
    transport.emit('ready')
  }
}
