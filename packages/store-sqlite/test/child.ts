import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const SCRIPT = fileURLToPath(new URL('./children/child.mjs', import.meta.url))

export type Task = 'flood' | 'race' | 'leave' | 'idle' | 'hurry'

export interface Fact {
  readonly key?: string
  readonly outcome?: string
  readonly offset?: number
  readonly epoch?: string
  readonly id?: string
  readonly left?: boolean
}

export interface Child {
  /** What it has said so far, in order. A line that was cut off by its end does not count. */
  readonly facts: Fact[]
  readonly process: ChildProcess
  /** Resolves to its exit code, or to the signal that ended it. */
  readonly ended: Promise<number | string | null>
}

/** Starts another process on a file. It is killed with the test. */
export function startChild(lib: string, file: string, task: Task, options: object = {}): Child {
  const child = spawn(process.execPath, [SCRIPT, lib, file, task, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const facts: Fact[] = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    facts.push(...lines.map((line): Fact => JSON.parse(line)))
  })
  const ended = new Promise<number | string | null>((resolve) => {
    child.on('close', (code, signal) => resolve(signal ?? code))
  })
  return { facts, process: child, ended }
}
