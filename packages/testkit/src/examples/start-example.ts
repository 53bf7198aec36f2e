import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { within } from '../until.ts'

export interface RunningExample {
  /** The address that the example printed. */
  readonly url: string
  /** Everything that it printed so far. */
  output(): string
  /** Asks it to stop, as a service manager would, and resolves to its exit code. Twice is harmless. */
  stop(): Promise<number | null>
}

const LIMIT_MS = 14_000

/**
 * Runs `server.js` of an example as its own process on a free port, as somebody who tries it out would, and
 * resolves when it prints its address.
 *
 * @param test the `import.meta.url` of a test file in the example's `test` folder
 * @param settings further variables of its environment
 */
export async function startExample(
  test: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<RunningExample> {
  const child = spawn(process.execPath, ['server.js'], {
    cwd: fileURLToPath(new URL('..', test)),
    env: { ...process.env, ...settings, PORT: '0' },
  })
  const exited = once(child, 'exit').then(() => child.exitCode)
  let output = ''
  const url = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      const address = /http:\/\/localhost:[1-9]\d*/.exec(output)
      if (address !== null) resolve(address[0])
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void exited.then((code) => reject(new Error(`the example ended with code ${code}:\n${output}`)))
  })
  try {
    return {
      url: await within(url, LIMIT_MS, 'the address of the example'),
      output: () => output,
      stop: () => stop(child, exited),
    }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

async function stop(child: ChildProcess, exited: Promise<number | null>): Promise<number | null> {
  child.kill('SIGTERM')
  try {
    return await within(exited, LIMIT_MS, 'the end of the example')
  } finally {
    child.kill('SIGKILL')
  }
}
