import type { Socket } from 'socket.io'
import { weightOf } from '../rules/frame-weight.ts'
import { isTooWide } from '../rules/wide-frames.ts'
import type { Attention } from './attention.ts'

type Connection = Socket['conn']

/** A packet of Engine.IO, as the connection tells of it before it hands it on. */
interface Packet {
  readonly type: string
  readonly data?: unknown
}

/** Looks at the frames of connections before Socket.IO reads them. One listener for all of them. */
export interface FrameGuard {
  /** Where several namespaces of a connection are served, it is watched once. */
  watch(socket: Socket): void
  unwatch(socket: Socket): void
}

/** @param attention `null` when everybody is read as fast as they send */
export function createFrameGuard(attention: Attention | null): FrameGuard {
  function onPacket(this: Connection, { type, data }: Packet): void {
    if (type !== 'message') return
    const isText = typeof data === 'string'
    // Such a frame would end the process within Socket.IO itself: its connection ends instead, at once, so that
    // nobody gets it. [G7]
    if (isText && isTooWide(data)) this.close(true)
    else attention?.onFrame(this, isText ? weightOf(data) : 1)
  }
  /** Only connections with more than one namespace. */
  const others = new Map<Connection, number>()
  return {
    watch({ conn }) {
      if (conn.listeners('packet').includes(onPacket)) others.set(conn, (others.get(conn) ?? 0) + 1)
      else conn.on('packet', onPacket)
    },
    unwatch({ conn }) {
      const left = others.get(conn) ?? 0
      if (left > 1) others.set(conn, left - 1)
      else others.delete(conn)
      if (left > 0) return
      conn.off('packet', onPacket)
      attention?.forget(conn)
    },
  }
}
