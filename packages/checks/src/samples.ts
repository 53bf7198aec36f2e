import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { absolute } from './repository.ts'

/** A sample of a document that runs as a program of its own. */
export interface RunningSample {
  /** Everything that it printed, its errors among it. */
  output(): string
  /** Resolves to what the program tells with `process.send`. */
  readonly told: Promise<unknown>
  stop(): Promise<void>
}

/** Here the packages resolve as in the project of a reader who has installed them. */
const FOLDER = 'packages/checks/.cache/samples'

/** Runs JavaScript as a module, on the built packages. */
export function runSample(name: string, code: string): RunningSample {
  mkdirSync(absolute(FOLDER), { recursive: true })
  const file = absolute(`${FOLDER}/${process.pid}-${name}.mjs`)
  writeFileSync(file, code)
  const child = fork(file, { silent: true, execArgv: [] })
  let output = ''
  const note = (chunk: Buffer): void => {
    output += chunk.toString()
  }
  child.stdout?.on('data', note)
  child.stderr?.on('data', note)
  const exited = once(child, 'exit')
  const told = firstMessage(child, () => output)
  told.catch(() => undefined)
  return {
    output: () => output,
    told,
    async stop() {
      child.kill()
      await exited
      rmSync(file)
    },
  }
}

async function firstMessage(child: ChildProcess, output: () => string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code) => reject(new Error(`the sample ended with code ${code}:\n${output()}`)))
  })
}
