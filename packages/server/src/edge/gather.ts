import type { Socket } from 'socket.io'

type Connection = Socket['conn']

/**
 * What is written from now on leaves together, when the returned function is called. Engine.IO hands a frame to its
 * transport as soon as it is written, and the next only when that one has left: two system calls, each of which costs
 * more than all else that is done for a frame. While a transport is called not writable Engine.IO gathers, and when it
 * is said to be ready it hands over all that was gathered, in one flush: see corks.ts. A long-polling request gathers
 * by itself.
 */
export function gather({ transport }: Connection): () => void {
  if (transport.name !== 'websocket' || !transport.writable) return () => undefined
  transport.writable = false
  return () => {
    transport.writable = true
    transport.emit('ready')
  }
}
