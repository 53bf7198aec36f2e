import { performance } from 'node:perf_hooks'
import type { Clock } from '../flows/ports.ts'

export const systemClock: Clock = {
  now: () => performance.now(),
  time: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    // A host that wants to exit is not kept alive by its notifications.
    timer.unref()
    return () => clearTimeout(timer)
  },
}
