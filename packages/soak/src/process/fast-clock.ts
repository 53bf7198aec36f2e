import { createRequire, syncBuiltinESMExports } from 'node:module'

/*
 * Loaded before anything else in a process: lets time pass faster there. A timer of half a minute is due after
 * seconds, and the clock agrees. So what the product does now and then (tidying up, saving cursors, heartbeats,
 * pruning) happens as often in a few minutes as it would in an hour. What counts time outside of JavaScript, and
 * worker threads, keep the time of the wall.
 */

const factor = Number(process.env.CARILLON_SOAK_SPEED ?? 1)
const { setTimeout: realTimeout, setInterval: realInterval } = globalThis
const monotonic = performance.now.bind(performance)
const { now: wall } = Date
const began = { monotonic: monotonic(), wall: wall() }

const faster = {
  setTimeout: (run: () => void, ms = 0, ...args: []) => realTimeout(run, ms / factor, ...args),
  setInterval: (run: () => void, ms = 0, ...args: []) => realInterval(run, ms / factor, ...args),
}
Object.assign(globalThis, faster)
// Socket.IO takes its timers from the module.
Object.assign(createRequire(import.meta.url)('node:timers'), faster)
syncBuiltinESMExports()
performance.now = () => began.monotonic + (monotonic() - began.monotonic) * factor
Date.now = () => Math.floor(began.wall + (wall() - began.wall) * factor)
