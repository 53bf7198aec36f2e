import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Server, type ServerOptions } from 'socket.io'
import { nthNotification } from '../work.ts'
import { serveCommands } from '../workers.ts'
import { syncTimeOf } from './disk.ts'
import type { Subject } from './subject.ts'

/** The server process: one subject, told what to do over IPC. */
export interface ServerCommands {
  listen(): Promise<string>
  /** Microseconds of CPU that this process used so far, all threads, as the operating system counts them. */
  cpu(): number
  /** Sends notifications one by one, apart in time so that no two share a write. */
  fanOut(from: number, count: number, spacingMs: number): Promise<void>
  /** Puts so many notifications into the log of the channel. */
  fill(items: number): Promise<void>
  /** Resolves when so many sockets are connected and what they set going has settled. */
  settled(sockets: number, quietMs: number): Promise<void>
  /** Median time in milliseconds that the disk of the folder takes to sync a small append. */
  syncTime(folder: string, times: number): number
  /** Begins to watch how long the event loop is held up. */
  watchLoop(): void
  /** Ends the watch. */
  loopDelay(): LoopDelay
  /** Begins to look at how much memory the process has. */
  watchMemory(): void
  /** Ends that. */
  memory(): Memory
  /** Collects garbage once. */
  collect(): void
  /** Bytes of the heap that are in use after collecting all garbage. */
  heap(): Promise<number>
}

export interface Memory {
  /** The most that the process had of the machine's memory in the first half of the time, and in the second. */
  readonly firstBytes: number
  readonly secondBytes: number
}

export interface LoopDelay {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** Runs a subject as this process, until the driver goes. */
export function serveSubject(attach: (io: Server) => Subject, options: Partial<ServerOptions> = {}): void {
  const http = createServer()
  const io = new Server(http, { serveClient: false, transports: ['websocket'], ...options })
  serveCommands<ServerCommands>({ ...subjectCommands(http, attach(io)), ...processCommands() })
}

type ProcessCommand =
  | 'cpu'
  | 'syncTime'
  | 'watchLoop'
  | 'loopDelay'
  | 'watchMemory'
  | 'memory'
  | 'collect'
  | 'heap'

function subjectCommands(
  http: HttpServer,
  { io, send, fill }: Subject,
): Omit<ServerCommands, ProcessCommand> {
  return {
    async listen() {
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', 4096, resolve))
      return `ws://127.0.0.1:${(http.address() as AddressInfo).port}`
    },
    async fanOut(from, count, spacingMs) {
      for (let n = from; n < from + count; n++) {
        await send(nthNotification(n))
        await sleep(spacingMs)
      }
    },
    async fill(items) {
      if (fill === undefined) throw new Error('there is no log to fill')
      await fill(items)
    },
    async settled(sockets, quietMs) {
      while (io.sockets.sockets.size !== sockets) await sleep(10)
      await sleep(quietMs)
    },
  }
}

function processCommands(): Pick<ServerCommands, ProcessCommand> {
  let watch: IntervalHistogram | null = null
  return {
    cpu() {
      const { user, system } = process.cpuUsage()
      return user + system
    },
    syncTime: syncTimeOf,
    watchLoop() {
      watch = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
      watch.enable()
    },
    loopDelay() {
      if (watch === null) throw new Error('nobody watches the event loop')
      watch.disable()
      // What is recorded is the time between two ticks, of which the pause was wanted.
      const delayMs = (nanoseconds: number) => nanoseconds / 1e6 - RESOLUTION_MS
      const { max } = watch
      return {
        p50Ms: delayMs(watch.percentile(50)),
        p99Ms: delayMs(watch.percentile(99)),
        maxMs: delayMs(max),
      }
    },
    ...memoryCommands(),
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

const RESOLUTION_MS = 1

function memoryCommands(): Pick<ServerCommands, 'watchMemory' | 'memory'> {
  let samples: number[] = []
  let timer: NodeJS.Timeout | undefined
  return {
    watchMemory() {
      samples = []
      const look = (): void => void samples.push(process.memoryUsage.rss())
      look()
      timer = setInterval(look, SAMPLE_MS)
    },
    memory() {
      clearInterval(timer)
      const half = Math.ceil(samples.length / 2)
      return {
        firstBytes: Math.max(...samples.slice(0, half)),
        secondBytes: Math.max(...samples.slice(half)),
      }
    },
  }
}

const SAMPLE_MS = 50
