import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What every process is told at its start. */
interface Orders {
  /** How much faster time goes in it. */
  readonly speed: number
}

/** What a process does when it is told to. */
type Commands<C> = { [K in keyof C]: (...args: never[]) => unknown }

interface Call {
  readonly id: number
  readonly command: string
  readonly args: readonly unknown[]
}

type Reply = { readonly id: number } & ({ readonly result: unknown } | { readonly error: string })

/** Another process, as the one that drives it sees it. */
export interface Worker<C extends Commands<C>> {
  call<K extends keyof C & string>(command: K, ...args: Parameters<C[K]>): Promise<Awaited<ReturnType<C[K]>>>
  stop(): Promise<void>
}

/** Without the second, a collection throws compiled code away, and the heap would tell of that. */
const FLAGS = ['--expose-gc', '--no-flush-bytecode']

// Built, whoever starts it: an application has no sources of ours.
const isSource = import.meta.url.endsWith('.ts')
const BUILT = isSource ? '../../dist/' : './'

/** Starts a program of this package; it is told its orders at the start. */
export function startWorker<C extends Commands<C>, O extends Orders>(
  program: 'server' | 'clients',
  orders: O,
): Worker<C> {
  const path = fileURLToPath(new URL(`${BUILT}${program}.js`, import.meta.url))
  const child = fork(path, {
    env: {
      ...process.env,
      CARILLON_SOAK: JSON.stringify(orders),
      CARILLON_SOAK_SPEED: String(orders.speed),
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [...FLAGS, '--import', new URL(`${BUILT}fast-clock.js`, import.meta.url).href],
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
    for (const { reject } of waiting.values()) reject(new Error(`${program} ended: ${code ?? signal}`))
    waiting.clear()
  })
  return {
    call: (command, ...args) =>
      new Promise((resolve, reject) => {
        const id = ++lastId
        // The other end is built of the same sources: what it answers has the type that its command says.
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
        child.send({ id, command, args } satisfies Call, (error) => error && reject(error))
      }),
    stop: async () => {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}

/** What this process was told at its start. */
export function ordersOf<O extends Orders>(): O {
  return JSON.parse(process.env.CARILLON_SOAK ?? '{}')
}

/** The other end: does what it is told, and ends the process when the driver goes. */
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
