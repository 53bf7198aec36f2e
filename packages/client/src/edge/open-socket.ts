import { io, type ManagerOptions, type Socket } from 'socket.io-client'
import type { Auth, Handshake } from './handshake.ts'

/** A socket to work with. */
export interface Opened {
  readonly socket: Socket
  /** Nobody else uses it: it ends with the client. */
  readonly isOwn: boolean
  /** Called whenever a handshake may be near. */
  readonly prepare: () => void
  readonly release: () => void
}

export type Open = (handshake: Handshake) => Opened

/** What the protocol page says. */
const PAGE_DEFAULTS = {
  path: '/socket.io/',
  reconnection: true,
  reconnectionAttempts: 5,
  reconnectionDelay: 1_000,
} as const

export function openOwn(url: string, auth: Auth | undefined, transport: Partial<ManagerOptions>): Open {
  return (handshake) => {
    const socket = io(url, { ...PAGE_DEFAULTS, ...transport, auth: handshake.authOf(auth) })
    return { socket, isOwn: true, prepare: () => undefined, release: () => void socket.disconnect() }
  }
}

export function borrow(socket: Socket): Open {
  return (handshake) => {
    handshake.lend(socket)
    return {
      socket,
      isOwn: false,
      prepare: () => handshake.lend(socket),
      release: () => handshake.restore(socket),
    }
  }
}
