import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { getHeapCodeStatistics } from 'node:v8'
import { collectThreads } from './threads.ts'

/** What a process holds when everything that can be collected is. */
export interface Memory {
  /** Bytes of objects of JavaScript, of the main thread; without compiled code. */
  readonly heap: number
  /** Bytes of compiled code and what belongs to it: V8 goes on compiling as long as something is used. */
  readonly code: number
  /** Bytes of objects and code of all worker threads. */
  readonly threads: number
  /** Bytes outside that JavaScript holds: buffers and the like. */
  readonly outside: number
  /** Bytes that the process has of the machine. Allocators give back late, or never. */
  readonly resident: number
  /** Open files and connections, as the operating system counts them. `null` where it does not tell. */
  readonly files: number | null
  /** What keeps the event loop alive, timers apart. */
  readonly handles: number
}

const PASSES = 6

export async function measure(): Promise<Memory> {
  const threads = await collectThreads()
  // One pass frees what the finalizers of the one before let go.
  for (let pass = 1; pass < PASSES; pass++) {
    collect()
    await sleep(20)
  }
  // What follows is read in the same task: a process that is busy makes garbage again at once.
  collect()
  const { heapUsed, external, rss } = process.memoryUsage()
  const { code_and_metadata_size, bytecode_and_metadata_size } = getHeapCodeStatistics()
  const code = code_and_metadata_size + bytecode_and_metadata_size
  return {
    heap: heapUsed - code,
    code,
    threads,
    outside: external,
    resident: rss,
    files: openFiles(),
    handles: handles(),
  }
}

function collect(): void {
  if (globalThis.gc === undefined) throw new Error('start this process with --expose-gc')
  globalThis.gc()
}

function openFiles(): number | null {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return null
  }
}

function handles(): number {
  const isLasting = (kind: string): boolean =>
    kind !== 'Timeout' && kind !== 'Immediate' && kind !== 'TickObject'
  return process.getActiveResourcesInfo().filter(isLasting).length
}
