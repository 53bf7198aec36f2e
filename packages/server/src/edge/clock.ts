import { performance } from 'node:perf_hooks'
import type { Clock } from '../flows/ports.ts'

export const systemClock: Clock = {
  // Whole milliseconds: V8 keeps those in place, where a fraction costs an object each.
  now: () => Math.floor(performance.now()),
  time: () => Date.now(),
  after(ms, run) {
    // Beyond this Node fires at once.
    const timer = setTimeout(run, Math.min(ms, 2 ** 31 - 1))
    // A host that wants to exit is not kept alive by its notifications.
    timer.unref()
    return () => clearTimeout(timer)
  },
}
