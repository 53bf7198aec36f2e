import type { Socket } from 'socket.io'
import { weightOf } from '../rules/frame-weight.ts'
import type { Attention } from './attention.ts'
import { createEntrance } from './entrance.ts'
import { dismiss, endIfTooWide, keepIfLate, type Packet } from './hearing.ts'

type Connection = Socket['conn']

/** Looks at the frames of connections before Socket.IO reads them. One listener for all of them. */
export interface FrameGuard {
  /** Where several namespaces of a connection are served, it is watched once. */
  watch(socket: Socket): void
  unwatch(socket: Socket): void
  /** Leaves no trace. */
  close(): void
}

/** @param attention `null` when everybody is heard as fast as they send */
export function createFrameGuard(attention: Attention | null): FrameGuard {
  function onPacket(this: Connection, packet: Packet): void {
    if (packet.type !== 'message' || endIfTooWide(this, packet) || attention === null) return
    const { data } = packet
    keepIfLate(attention, this, packet, { data, weight: weightOf(data), isHello: false })
  }
  const entrance = attention === null ? null : createEntrance(attention)
  /** Only connections with more than one namespace. */
  const others = new Map<Connection, number>()
  return {
    watch({ conn, nsp }) {
      entrance?.watch(nsp.server.engine)
      entrance?.leave(conn)
      if (conn.listeners('packet').includes(onPacket)) others.set(conn, (others.get(conn) ?? 0) + 1)
      else conn.on('packet', onPacket)
    },
    unwatch({ conn }) {
      const left = others.get(conn) ?? 0
      if (left > 1) others.set(conn, left - 1)
      else others.delete(conn)
      if (left > 0) return
      conn.off('packet', onPacket)
      if (attention === null) return
      attention.forget(conn)
      dismiss(attention, conn)
    },
    close() {
      entrance?.close()
      attention?.release()
    },
  }
}
