import { io, type ManagerOptions, type Socket } from 'socket.io-client'
import { addressOf } from '../rules/silence.ts'
import type { Auth, Handshake } from './handshake.ts'

/** A socket to work with. */
export interface Opened {
  readonly socket: Socket
  /** Nobody else uses it: it ends with the client. */
  readonly isOwn: boolean
  /** Where the server is, for messages. */
  readonly address: string
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
    return {
      socket,
      isOwn: true,
      address: addressOf(url, globalThis.location?.origin),
      prepare: () => undefined,
      release: () => void socket.disconnect(),
    }
  }
}

export function borrow(socket: Socket): Open {
  return (handshake) => {
    handshake.lend(socket)
    // Socket.IO keeps it private; without it a message is only less helpful.
    const uri: unknown = Reflect.get(socket.io, 'uri')
    return {
      socket,
      isOwn: false,
      address: typeof uri === 'string' ? addressOf(uri, undefined) : 'the server',
      prepare: () => handshake.lend(socket),
      release: () => handshake.restore(socket),
    }
  }
}
