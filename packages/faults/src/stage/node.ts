import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { NodeOrders } from '../node/main.ts'
import type { Usage } from '../node/usage.ts'

/** A server process. */
export interface NodeProcess {
  readonly port: number
  /** Resolves when it is gone, with its exit code or signal. */
  readonly gone: Promise<string>
  /** What it holds now, after a collection. */
  usage(): Promise<Usage>
  signal(name: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void
}

type Message = { readonly port?: number; readonly fault?: string; readonly usage?: Usage }

// Built, whoever starts it: an application has no sources of ours.
const isSource = import.meta.url.endsWith('.ts')
const PROGRAM = fileURLToPath(new URL(isSource ? '../../dist/node.js' : './node.js', import.meta.url))

/** @param onFault hears of every exception that nobody caught */
export async function startNode(orders: NodeOrders, onFault: (fault: string) => void): Promise<NodeProcess> {
  const child = fork(PROGRAM, {
    env: { ...process.env, CARILLON_NODE: JSON.stringify(orders) },
    // Not a test runner's own flags: they would lead it to the sources.
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const gone = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? String(code)))
  })
  child.on('message', ({ fault }: Message) => {
    if (fault !== undefined) onFault(fault)
  })
  const port = await Promise.race([told(child, ({ port }) => port), gone])
  if (typeof port === 'string') throw new Error(`the node ended before it listened: ${port}`)
  return {
    port,
    gone,
    usage() {
      const usage = told(child, (message) => message.usage)
      child.send('usage')
      return usage
    },
    signal: (name) => void child.kill(name),
  }
}

/** The next message that has it. */
function told<T>(child: ChildProcess, pick: (message: Message) => T | undefined): Promise<T> {
  return new Promise((resolve) => {
    const listen = (message: Message): void => {
      const part = pick(message)
      if (part === undefined) return
      child.off('message', listen)
      resolve(part)
    }
    child.on('message', listen)
  })
}
