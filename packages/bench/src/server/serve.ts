import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Server } from 'socket.io'
import { nthNotification } from '../work.ts'
import { serveCommands } from '../workers.ts'
import type { Subject } from './subject.ts'

/** The server process: one subject, told what to do over IPC. */
export interface ServerCommands {
  listen(): Promise<string>
  /** Microseconds of CPU that this process used so far, all threads, as the operating system counts them. */
  cpu(): number
  /** Sends notifications one by one, apart in time so that no two share a write. */
  fanOut(from: number, count: number, spacingMs: number): Promise<void>
  /** Resolves when so many sockets are connected and what they set going has settled. */
  settled(sockets: number, quietMs: number): Promise<void>
  /** Collects garbage once. */
  collect(): void
  /** Bytes of the heap that are in use after collecting all garbage. */
  heap(): Promise<number>
}

/** Runs a subject as this process, until the driver goes. */
export function serveSubject(attach: (io: Server) => Subject): void {
  const http = createServer()
  const io = new Server(http, { serveClient: false, transports: ['websocket'] })
  serveCommands<ServerCommands>(commandsOf(http, attach(io)))
}

function commandsOf(http: HttpServer, { io, send }: Subject): ServerCommands {
  return {
    async listen() {
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', 4096, resolve))
      return `ws://127.0.0.1:${(http.address() as AddressInfo).port}`
    },
    cpu() {
      const { user, system } = process.cpuUsage()
      return user + system
    },
    async fanOut(from, count, spacingMs) {
      for (let n = from; n < from + count; n++) {
        await send(nthNotification(n))
        await sleep(spacingMs)
      }
    },
    async settled(sockets, quietMs) {
      while (io.sockets.sockets.size !== sockets) await sleep(10)
      await sleep(quietMs)
    },
    collect: () => global.gc?.(),
    async heap() {
      // One pass frees what the finalizers of the one before let go.
      for (let pass = 0; pass < 5; pass++) {
        global.gc?.()
        await sleep(20)
      }
      return process.memoryUsage().heapUsed
    },
  }
}
