import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { NodeOrders } from '../node/main.ts'

/** A server process. */
export interface NodeProcess {
  readonly port: number
  /** Resolves when it is gone, with its exit code or signal. */
  readonly gone: Promise<string>
  signal(name: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void
}

type Message = { readonly port?: number; readonly fault?: string }

// Built, whoever starts it: an application has no sources of ours.
const isSource = import.meta.url.endsWith('.ts')
const PROGRAM = fileURLToPath(new URL(isSource ? '../../dist/node.js' : './node.js', import.meta.url))

/** @param onFault hears of every exception that nobody caught */
export async function startNode(orders: NodeOrders, onFault: (fault: string) => void): Promise<NodeProcess> {
  const child = fork(PROGRAM, {
    env: { ...process.env, CARILLON_NODE: JSON.stringify(orders) },
    // A test runner's own flags would lead it to the sources.
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const gone = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? String(code)))
  })
  child.on('message', ({ fault }: Message) => {
    if (fault !== undefined) onFault(fault)
  })
  const port = await Promise.race([portOf(child), gone])
  if (typeof port === 'string') throw new Error(`the node ended before it listened: ${port}`)
  return { port, gone, signal: (name) => void child.kill(name) }
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.on('message', ({ port }: Message) => {
      if (port !== undefined) resolve(port)
    })
  })
}
