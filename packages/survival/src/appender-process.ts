import { fork } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Durability } from '@carillon/store'
import {
  FLOOD_FD,
  type FloodLine,
  type Orders,
  type PaceAnswer,
  type PaceQuestion,
} from './appender/orders.ts'

const isSource = import.meta.url.endsWith('.ts')
const PROGRAM = fileURLToPath(new URL(isSource ? '../dist/appender.js' : './appender.js', import.meta.url))
/** A store that confirms so little in so much time does not work. */
const LIMIT_MS = 120_000

/** An entry whose confirmation reached the application. */
export interface Confirmed {
  readonly number: number
  readonly epoch: string
  readonly offset: number
  readonly at: number
}

export interface Flood {
  /** Waits for so many confirmations, and until so much time has passed since the first one. */
  reached(count: number, ms: number): Promise<void>
  /** SIGKILL. Resolves to all that it had said. */
  kill(): Promise<{ readonly durability: Durability; readonly confirmed: readonly Confirmed[] }>
}

type Env = Readonly<Record<string, string>>

function start(orders: Orders, env: Env = {}) {
  return fork(PROGRAM, {
    env: { ...process.env, ...env, CARILLON_APPENDER: JSON.stringify(orders) },
    // A test runner's own flags would lead it to the sources.
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc', 'pipe'],
  })
}

/** Starts a process that appends until it is killed. */
export function startFlood(orders: Omit<Orders, 'task'>, perCall: number, env: Env = {}): Flood {
  const child = start({ ...orders, task: { kind: 'flood', perCall } }, env)
  const output = child.stdio[FLOOD_FD]
  if (!(output instanceof Readable)) throw new Error('the process that appends has no output')
  const lines = createInterface({ input: output })
  const said = record(lines)
  const ended = new Promise<void>((resolve) => lines.once('close', resolve))
  return {
    reached: (count, ms) => reached(lines, said, count, ms),
    async kill() {
      child.kill('SIGKILL')
      await ended
      const { durability, confirmed } = said
      if (durability === null) throw new Error('the process that appends never said what its store promises')
      return { durability, confirmed }
    },
  }
}

async function reached(lines: Interface, said: Said, count: number, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`the process that appends: ${why}`))
      timer = setTimeout(() => fail(`less than ${count} confirmations in ${LIMIT_MS} ms`), LIMIT_MS)
      lines.on('line', () => {
        if (said.failed !== null) fail(said.failed)
        else if (said.confirmed.length >= count && heldFor(said.confirmed) >= ms) resolve()
      })
      lines.once('close', () => fail('ended by itself'))
    })
  } finally {
    clearTimeout(timer)
  }
}

interface Said {
  readonly confirmed: Confirmed[]
  durability: Durability | null
  failed: string | null
}

function record(lines: Interface): Said {
  const said: Said = { confirmed: [], durability: null, failed: null }
  lines.on('line', (text) => {
    const line = parse(text)
    if (line === null) return
    if ('durability' in line) said.durability = line.durability
    else if ('failed' in line) said.failed ??= line.failed
    else {
      const { at, epoch, first } = line
      line.offsets.forEach((offset, n) => {
        said.confirmed.push({ number: first + n, epoch, offset, at })
      })
    }
  })
  return said
}

function heldFor(confirmed: readonly Confirmed[]): number {
  return (confirmed.at(-1)?.at ?? 0) - (confirmed[0]?.at ?? 0)
}

/** The last line may have been cut off by the kill: then nobody heard it. */
function parse(text: string): FloodLine | null {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export interface PaceProcess {
  ask(question: PaceQuestion): Promise<number>
  close(): Promise<void>
}

/** Starts a process that measures how fast a store appends. */
export function startPaces(orders: Omit<Orders, 'task'>): PaceProcess {
  const child = start({ ...orders, task: { kind: 'paces' } })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        const onExit = (code: number | null): void =>
          reject(new Error(`the process that measures ended: ${code}`))
        child.once('exit', onExit)
        child.once('message', (answer: PaceAnswer) => {
          child.off('exit', onExit)
          resolve(answer.perSecond)
        })
        child.send(question)
      }),
    async close() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
