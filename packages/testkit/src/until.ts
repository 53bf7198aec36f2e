import { setTimeout as sleep } from 'node:timers/promises'

/** How long anything in the test kit waits before it gives up and says so. */
export const LIMIT_MS = 5_000

/**
 * Waits until `check` returns something truthy and resolves to it. A throw of `check` counts as "not yet" and
 * is told when the time is up.
 *
 * @param name what is waited for, for the message of the failure
 */
export async function until<T>(
  check: () => T | Promise<T>,
  name: string,
  limitMs: number = LIMIT_MS,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + limitMs
  let last: unknown
  for (let round = 0; ; round++) {
    try {
      const value = await check()
      if (value) return value
      last = value
    } catch (error) {
      last = error
    }
    if (performance.now() >= deadline) break
    if (round < 20) await nextTurn()
    else await sleep(5)
  }
  const detail = last instanceof Error ? last.message : String(last)
  throw new Error(`waited ${limitMs} ms for: ${name} (last: ${detail})`)
}

/** One turn of the event loop: what was ready before has run afterwards. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A few turns: what goes on by promises alone has come to rest. */
export async function turns(count = 10): Promise<void> {
  for (let n = 0; n < count; n++) await nextTurn()
}

/** The same promise, but it rejects with what was waited for when that takes longer than `limitMs`. */
export async function within<T>(promise: Promise<T>, limitMs: number, name: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${limitMs} ms for: ${name}`)), limitMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

export interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
  readonly isResolved: () => boolean
}

/**
 * A promise that is settled from outside, for hooks that a test holds up. A rejection that nobody waits for
 * is not reported.
 */
export function deferred<T>(): Deferred<T> {
  let resolved = false
  let settleWith: { resolve: (value: T) => void; reject: (error: Error) => void } | undefined
  const promise = new Promise<T>((resolve, reject) => {
    settleWith = { resolve, reject }
  })
  promise.catch(() => undefined)
  return {
    promise,
    resolve: (value) => {
      resolved = true
      settleWith?.resolve(value)
    },
    reject: (error) => settleWith?.reject(error),
    isResolved: () => resolved,
  }
}
