import { parseArgs } from 'node:util'
import { byHand } from './by-hand.ts'
import { serveSubject } from './serve.ts'

const { values } = parseArgs({ options: { recovery: { type: 'boolean', default: false } } })
const { recovery } = values

/** Longer than any run: who comes back is never too late. */
const RECOVERABLE_MS = 3_600_000

serveSubject(
  (io) => byHand(io, recovery),
  // With the middleware: who returns is authenticated again, as Carillon does it.
  recovery
    ? { connectionStateRecovery: { maxDisconnectionDuration: RECOVERABLE_MS, skipMiddlewares: false } }
    : {},
)
