import { io, type ManagerOptions, type Socket } from 'socket.io-client'
import { addressOf } from '../rules/silence.ts'
import { type Auth, claimedUser, type Handshake } from './handshake.ts'

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

/** Where a socket leads to. */
export interface Target {
  /** What tells this server and namespace from others, without secrets. */
  readonly place: string
  /** Whom the first handshake will name; `undefined` when only that will tell. */
  readonly user: string | null | undefined
  open(handshake: Handshake): Opened
}

/** What the protocol page says. */
const PAGE_DEFAULTS = {
  path: '/socket.io/',
  reconnection: true,
  reconnectionAttempts: 5,
  reconnectionDelay: 1_000,
} as const

export function openOwn(url: string, auth: Auth | undefined, transport: Partial<ManagerOptions>): Target {
  const address = addressOf(url, globalThis.location?.origin)
  const options = { ...PAGE_DEFAULTS, ...transport }
  return {
    place: placeOf(address, options.path),
    user: typeof auth === 'function' ? undefined : claimedUser(auth),
    open(handshake) {
      const socket = io(url, { ...options, auth: handshake.authOf(auth) })
      return {
        socket,
        isOwn: true,
        address,
        prepare: () => undefined,
        release: () => void socket.disconnect(),
      }
    },
  }
}

export function borrow(socket: Socket): Target {
  // Socket.IO keeps it private; without it a message is only less helpful.
  const uri: unknown = Reflect.get(socket.io, 'uri')
  const address = typeof uri === 'string' ? addressOf(uri, undefined) : 'the server'
  return {
    place: placeOf(address, socket.io.opts?.path, Reflect.get(socket, 'nsp')),
    user: undefined,
    open(handshake) {
      handshake.lend(socket)
      return {
        socket,
        isOwn: false,
        address,
        prepare: () => handshake.lend(socket),
        release: () => handshake.restore(socket),
      }
    },
  }
}

/** All frames of a tab share one storage, so a frame says which one it is. */
function placeOf(...parts: readonly unknown[]): string {
  const { top, self, location } = globalThis
  return JSON.stringify([...parts, top === self || location?.pathname])
}
