import type { Server, Socket } from 'socket.io'
import { weightOfHello } from '../rules/frame-weight.ts'
import type { Attention } from './attention.ts'
import { dismiss, endIfTooWide, keepIfLate, type Packet } from './hearing.ts'

type Engine = Server['engine']
type Connection = Socket['conn']

/** Between the handshake of Engine.IO and the first namespace: many who come in at once may have to wait as well. */
export interface Entrance {
  /** The engine may be made after the attachment, or made again. */
  watch(engine: Engine): void
  /** The connection is in. */
  leave(conn: Connection): void
  close(): void
}

export function createEntrance(attention: Attention): Entrance {
  let watched: Engine | null = null
  let isClosed = false
  function onHello(this: Connection, packet: Packet): void {
    if (packet.type !== 'message' || endIfTooWide(this, packet)) return
    const { data } = packet
    const hello = { data, weight: weightOfHello(data), isHello: true }
    if (!isClosed && keepIfLate(attention, this, packet, hello)) return
    leave(this)
    dismiss(attention, this)
  }
  const onConnection = (conn: Connection): void => void conn.on('packet', onHello)
  const leave = (conn: Connection): void => void conn.off('packet', onHello)
  const unwatch = (): void => void watched?.off('connection', onConnection)
  return {
    watch(engine) {
      if (engine === watched) return
      unwatch()
      watched = engine
      engine.on('connection', onConnection)
    },
    leave,
    close() {
      isClosed = true
      unwatch()
    },
  }
}
