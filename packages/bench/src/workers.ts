import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What a process of the bench does when told to. */
type Commands<C> = { [K in keyof C]: (...args: never[]) => unknown }

interface Call {
  readonly id: number
  readonly command: string
  readonly args: readonly unknown[]
}

type Reply = { readonly id: number } & ({ readonly result: unknown } | { readonly error: string })

/** A process of the bench as its driver sees it. */
export interface Worker<C extends Commands<C>> {
  call<K extends keyof C & string>(command: K, ...args: Parameters<C[K]>): Promise<Awaited<ReturnType<C[K]>>>
  stop(): Promise<void>
}

/** Without the second, a forced collection throws compiled code away, and the next work pays for it again. */
const FLAGS = ['--expose-gc', '--no-flush-bytecode']

/** Starts a file of this bundle as a process of its own. */
export function startWorker<C extends Commands<C>>(
  file: string,
  args: readonly string[] = [],
  nodeOptions: readonly string[] = [],
): Worker<C> {
  const path = fileURLToPath(new URL(file, import.meta.url))
  // What a server logs is not part of the table.
  const child = fork(path, [...args], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [...FLAGS, ...nodeOptions, ...inspection(file)],
  })
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let lastId = 0
  child.on('message', (reply: Reply) => {
    const call = waiting.get(reply.id)
    waiting.delete(reply.id)
    if ('error' in reply) call?.reject(new Error(reply.error))
    else call?.resolve(reply.result)
  })
  child.on('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} ended: ${code ?? signal}`))
    waiting.clear()
  })
  return {
    call: (command, ...args) =>
      new Promise((resolve, reject) => {
        const id = ++lastId
        // The other end is the same bundle: what it answers has the type that its command says.
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
        child.send({ id, command, args } satisfies Call, (error) => error && reject(error))
      }),
    stop: async () => {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}

/** `BENCH_NODE_OPTIONS="--cpu-prof"` reaches the server process alone. */
function inspection(file: string): string[] {
  const options = process.env.BENCH_NODE_OPTIONS
  return options !== undefined && file.includes('server') ? options.split(' ') : []
}

/** The other end: runs commands one after another and ends the process when the driver goes. */
export function serveCommands<C extends Commands<C>>(commands: C): void {
  const table = new Map<string, (...args: never[]) => unknown>(Object.entries(commands))
  process.on('message', (call: Call) => void run(call))
  process.on('disconnect', () => process.exit(0))

  async function run({ id, command, args }: Call): Promise<void> {
    try {
      const result = await table.get(command)?.(...(args as never[]))
      process.send?.({ id, result } satisfies Reply)
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  }
}
