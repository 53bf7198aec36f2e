import type { Server } from 'socket.io'

/** What a node holds and has used. */
export interface Usage {
  /** What is alive after a collection. */
  readonly heapBytes: number
  readonly rssBytes: number
  /** Of the processor, since the start. */
  readonly cpuMs: number
  readonly connections: number
  readonly rooms: number
  /** Open handles: connections, servers, pipes. Timers are not among them. */
  readonly handles: number
}

export function usageOf(io: Server): Usage {
  globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const handles = process
    .getActiveResourcesInfo()
    .filter((kind) => !['Timeout', 'Immediate', 'TickObject'].includes(kind))
  return {
    heapBytes: heapUsed,
    rssBytes: rss,
    cpuMs: Math.round((user + system) / 1000),
    connections: io.engine.clientsCount,
    rooms: io.of('/').adapter.rooms.size,
    handles: handles.length,
  }
}
