import type { Socket } from 'socket.io'

type Connection = Socket['conn']

/** What can be left unread for a while. */
export interface Pausable {
  pause(): void
  resume(): void
}

/** Only a WebSocket can be left unread; what comes by polling are requests of their own. */
export function pausableOf({ transport }: Connection): Pausable | null {
  const socket: unknown = transport.name === 'websocket' ? Reflect.get(transport, 'socket') : null
  if (!isPausable(socket)) return null
  const water = waterOf(socket)
  const mark = water?.highWaterMark ?? 0
  return {
    pause() {
      if (water !== null) water.highWaterMark = 1
      socket.pause()
    },
    resume() {
      if (water !== null) water.highWaterMark = mark
      socket.resume()
    },
  }
}

function isPausable(socket: unknown): socket is Pausable {
  const has = (name: string): boolean => typeof Reflect.get(Object(socket), name) === 'function'
  return has('pause') && has('resume')
}

interface Water {
  highWaterMark: number
}

/**
 * A paused socket of Node goes on to read until its buffer is full, each small piece an object of its own: of a
 * thousand who wait that is much. With the mark at one byte it is full at once, and what comes waits in the kernel.
 * Where Node or ws do not have it like this, nothing is lost but that.
 */
function waterOf(socket: Pausable): Water | null {
  const state: unknown = Reflect.get(Object(Reflect.get(socket, '_socket')), '_readableState')
  return isWater(state) ? state : null
}

function isWater(state: unknown): state is Water {
  return typeof Reflect.get(Object(state), 'highWaterMark') === 'number'
}
