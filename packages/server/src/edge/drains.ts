import type { Socket } from 'socket.io'

/** Waits for sockets to take more. However many streams wait for one socket, it has one set of listeners. */
export interface Drains {
  /** Resolves, in a later turn, when the transport has taken everything, or the socket is gone or let go. */
  wait(socket: Socket): Promise<void>
  /** Nobody waits for this socket any more, now or later. */
  release(socket: Socket): void
}

interface Wait {
  readonly done: Promise<void>
  readonly end: () => void
}

export function createDrains(): Drains {
  const waits = new Map<Socket, Wait>()
  // A socket that is let go stays connected when the notifications are closed.
  const released = new WeakSet<Socket>()
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const isBusy = (socket: Socket): boolean =>
    socket.connected && !socket.conn.transport.writable && !released.has(socket)

  function waitFor(socket: Socket): Wait {
    const { conn } = socket
    const { transport } = conn
    let end = (): void => undefined
    const done = new Promise<void>((resolve) => {
      end = () => {
        waits.delete(socket)
        transport.off('ready', end)
        conn.off('upgrade', end)
        conn.off('close', end)
        resolve()
      }
      // Not "drain": polling has drained when it answers a poll, and is writable with the next one only.
      transport.on('ready', end)
      conn.on('upgrade', end)
      conn.on('close', end)
    })
    return { done, end }
  }

  return {
    async wait(socket) {
      await turn()
      while (isBusy(socket)) {
        const wait = waits.get(socket) ?? waitFor(socket)
        waits.set(socket, wait)
        await wait.done
        // What had to wait leaves first, and then the transport may be taken again.
        await turn()
      }
    },
    release(socket) {
      released.add(socket)
      waits.get(socket)?.end()
    },
  }
}
