import { inspect } from 'node:util'
import { LIMIT_MS } from './until.ts'

interface Waiter<T> {
  readonly matches: (entry: T) => boolean
  readonly take: (entry: T) => void
}

/** Keeps everything that arrived, in order, and lets a test wait for one of it. */
export interface Recorder<T> {
  readonly entries: readonly T[]
  readonly record: (entry: T) => void
  /**
   * Resolves to the first entry that matches and that no earlier `next` has taken; entries that are there
   * already count. Rejects after the limit with everything that did arrive.
   */
  readonly next: (matches: (entry: T) => boolean, name: string) => Promise<T>
}

export function createRecorder<T>(who: string, limitMs: number = LIMIT_MS): Recorder<T> {
  const entries: T[] = []
  const taken = new Set<T>()
  const waiters = new Set<Waiter<T>>()

  function record(entry: T): void {
    entries.push(entry)
    for (const waiter of waiters) {
      if (!waiter.matches(entry)) continue
      waiter.take(entry)
      return
    }
  }

  function next(matches: (entry: T) => boolean, name: string): Promise<T> {
    const there = entries.find((entry) => !taken.has(entry) && matches(entry))
    if (there !== undefined) {
      taken.add(there)
      return Promise.resolve(there)
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter<T> = {
        matches,
        take: (entry) => {
          clearTimeout(timer)
          waiters.delete(waiter)
          taken.add(entry)
          resolve(entry)
        },
      }
      const timer = setTimeout(() => {
        waiters.delete(waiter)
        reject(new Error(`${who} waited ${limitMs} ms for ${name}.${describe(entries, taken)}`))
      }, limitMs)
      waiters.add(waiter)
    })
  }

  return { entries, record, next }
}

function describe<T>(entries: readonly T[], taken: ReadonlySet<T>): string {
  if (entries.length === 0) return ' Nothing arrived.'
  const lines = entries.map((entry) => {
    const mark = taken.has(entry) ? '(taken) ' : ''
    return `\n  ${mark}${inspect(entry, { depth: 4, breakLength: Infinity, maxStringLength: 200 })}`
  })
  return ` What arrived:${lines.join('')}`
}
