import type { ServerEvent } from '@carillon/protocol'
import type { Namespace, Socket } from 'socket.io'
import type { Wire } from '../flows/ports.ts'
import { NOTHING_WAITS } from '../rules/backlog.ts'
import type { AddressOf } from './addresses.ts'
import { backlogOf, cutConnection } from './backlogs.ts'
import type { Drains } from './drains.ts'
import { gather } from './gather.ts'
import type { Heartbeats } from './heartbeats.ts'
import { writeShared } from './shared-frames.ts'

/** The namespace that an attachment serves: none as long as nobody has connected to a dynamic one. */
export interface Place {
  nsp: Namespace | null
}

export interface SocketWireSettings {
  readonly heartbeats: Heartbeats
  readonly drains: Drains
  readonly addressOf: AddressOf
  readonly report: (message: string, cause: unknown) => void
}

/**
 * Frames and rooms over Socket.IO. Emits through `local`, which every adapter delivers at once; what goes
 * through the cluster instead is asynchronous with most of them, so that acknowledgements overtake it.
 */
export function createSocketWire(
  place: Place,
  { heartbeats, drains, addressOf, report }: SocketWireSettings,
): Wire {
  // Nothing that Socket.IO or an adapter throws may reach a flow halfway. [G7]
  const failed = (what: string, cause: unknown): void => report(`Socket.IO failed to ${what}`, cause)
  function emit(peer: Socket, event: ServerEvent, payload: object): void {
    if (isRecovering(peer)) peer.nsp.local.to(privateRoomOf(peer)).emit(event, payload)
    else peer.emit(event, payload)
  }

  return {
    emit(peer: Socket, event, payload) {
      try {
        emit(peer, event, payload)
      } catch (cause) {
        failed('emit', cause)
      }
    },
    emitShared(peer: Socket, event, payload) {
      try {
        if (isRecovering(peer) || !writeShared(peer, event, payload)) emit(peer, event, payload)
      } catch (cause) {
        failed('emit', cause)
      }
    },
    together({ conn }: Socket, emit) {
      const release = gather(conn)
      try {
        emit()
      } finally {
        try {
          release()
        } catch (cause) {
          failed('write', cause)
        }
      }
    },
    emitRoom(room, event, payload, exceptRoom) {
      const { nsp } = place
      if (nsp === null) return
      try {
        const target = nsp.local.to(room)
        ;(exceptRoom === undefined ? target : target.except(exceptRoom)).emit(event, payload)
      } catch (cause) {
        failed('emit to a room', cause)
      }
    },
    enter(peer: Socket, room) {
      try {
        const joined = peer.join(room)
        // Some adapters answer later, and may then say no.
        if (joined instanceof Promise) joined.catch((cause) => failed('join a room', cause))
      } catch (cause) {
        failed('join a room', cause)
      }
    },
    leave(peer: Socket, room) {
      try {
        const left = peer.leave(room)
        if (left instanceof Promise) left.catch((cause) => failed('leave a room', cause))
      } catch (cause) {
        failed('leave a room', cause)
      }
    },
    watchHeartbeats(peer: Socket) {
      heartbeats.watch(peer)
    },
    drained: (peer: Socket) => drains.wait(peer),
    hangUp({ conn }: Socket) {
      try {
        conn.close()
      } catch (cause) {
        failed('close a connection', cause)
      }
    },
    addressOf,
    connectedAt: ({ handshake }: Socket) => handshake.issued,
    backlog(peer: Socket) {
      try {
        return backlogOf(peer.conn)
      } catch (cause) {
        failed('tell what waits', cause)
        return NOTHING_WAITS
      }
    },
    cut(peer: Socket) {
      try {
        cutConnection(peer.conn)
      } catch (cause) {
        failed('cut a connection', cause)
      }
    },
    dismiss(peer: Socket) {
      try {
        peer.disconnect()
      } catch (cause) {
        failed('disconnect', cause)
      }
    },
  }
}

/**
 * With connection state recovery a plain `socket.emit` is published to the whole cluster, late, and reaches
 * whoever has joined a room that is named like the socket. A room of our own is local and in order.
 */
export function isRecovering(socket: Socket): boolean {
  return socket.nsp.server._opts.connectionStateRecovery !== undefined
}

export function privateRoomOf(socket: Socket): string {
  return `carillon:s:${socket.id}`
}
