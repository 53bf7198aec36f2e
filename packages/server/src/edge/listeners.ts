import { ClientEvent } from '@carillon/protocol'
import type { Socket } from 'socket.io'

/**
 * One listener per event for all sockets: Socket.IO calls it with the socket as `this`, so nothing is made per
 * connection. Each is guarded: what a listener throws would end the host's process. [G7]
 */
export interface Listeners {
  addTo(socket: Socket): void
  removeFrom(socket: Socket): void
}

export interface ListenerTargets {
  readonly onRequest: (socket: Socket, event: ClientEvent, args: readonly unknown[]) => void
  readonly onDisconnecting: (socket: Socket) => void
  readonly onFault: (cause: unknown) => void
}

type Listener = (this: Socket, ...args: unknown[]) => void

export function createListeners({ onRequest, onDisconnecting, onFault }: ListenerTargets): Listeners {
  const guard = (run: (socket: Socket, args: readonly unknown[]) => void): Listener =>
    function (...args) {
      try {
        run(this, args)
      } catch (cause) {
        onFault(cause)
      }
    }
  const requests = Object.values(ClientEvent).map((event): readonly [ClientEvent, Listener] => [
    event,
    guard((socket, args) => onRequest(socket, event, args)),
  ])
  const disconnecting = guard((socket) => onDisconnecting(socket))
  return {
    addTo(socket) {
      for (const [event, listener] of requests) socket.on(event, listener)
      // "disconnecting", not "disconnect": our rooms must be left before Socket.IO saves them for a recovery,
      // and before a listener of the host goes through the rooms of the socket.
      socket.prependListener('disconnecting', disconnecting)
    },
    removeFrom(socket) {
      for (const [event, listener] of requests) socket.off(event, listener)
      socket.off('disconnecting', disconnecting)
    },
  }
}
