import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { within } from '@carillon/testkit'

/** The server as its own process, or the supervisor with one below it. */
export interface Running {
  readonly url: string
  readonly port: number
  /** Everything that was printed so far. */
  output(): string
  /** `kill -9`; resolves when the process is gone. */
  kill(): Promise<void>
  /** Asks it to end, and resolves to its exit code. */
  stop(): Promise<number | null>
}

export interface Start {
  readonly program: 'server.js' | 'supervisor.js'
  readonly file: string
  /** @default a free one */
  readonly port?: number
}

const LIMIT_MS = 14_000

export async function start({ program, file, port = 0 }: Start): Promise<Running> {
  const child = spawn(process.execPath, [program], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, PORT: String(port), DATA_FILE: file, RESTART_MS: '300' },
  })
  const exited = once(child, 'exit')
  let output = ''
  const url = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      const address = /http:\/\/localhost:[1-9]\d*/.exec(output)
      if (address !== null) resolve(address[0])
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void exited.then(([code]) => reject(new Error(`the example ended with code ${code}:\n${output}`)))
  })
  try {
    const address = await within(url, LIMIT_MS, 'the address of the example')
    return {
      url: address,
      port: Number(new URL(address).port),
      output: () => output,
      async kill() {
        child.kill('SIGKILL')
        await exited
      },
      stop: () => stop(child, exited),
    }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

async function stop(child: ChildProcess, exited: Promise<unknown>): Promise<number | null> {
  child.kill('SIGTERM')
  try {
    await within(exited, LIMIT_MS, 'the end of the example')
    return child.exitCode
  } finally {
    child.kill('SIGKILL')
  }
}
