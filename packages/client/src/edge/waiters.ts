import type { NotificationsError } from '../rules/errors.ts'
import { LONGEST_TIMER_MS } from '../rules/timers.ts'

/** How long a call waits. */
export interface RequestOptions {
  /**
   * Milliseconds until the call rejects with `timeout`, more than 0. `Infinity` waits for ever. What is given here
   * holds; the default does not count how long the server's rates hold the call back: see the client's option.
   *
   * @default the client's `timeoutMs`
   */
  readonly timeoutMs?: number
  /** Aborting it rejects the call with `aborted`. */
  readonly signal?: AbortSignal
}

/** How a channel is joined. */
export interface JoinCallOptions extends RequestOptions {
  /**
   * So many of the last notifications, 1 to 100, for whoever joins for the first time or whose position is lost. They
   * come marked `replayed`, as if they had been missed. @default none
   */
  readonly rewind?: number
}

export type Impatience = 'timeout' | 'aborted'

export interface Wait {
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  /** Asked when the time is up: how many milliseconds there are all the same. */
  readonly leftMs?: () => number
  /** Called at the end of the patience, before the promise rejects with what it returns. */
  readonly giveUp: (why: Impatience, cause: unknown) => NotificationsError
}

/** Promises that wait for the same thing, each with a time limit and a signal of its own. */
export interface Waiters<T> {
  readonly size: number
  wait(wait: Wait): Promise<T>
  resolve(value: T): void
  reject(error: NotificationsError): void
}

/** What is left may grow while it is waited for: not with every millisecond. */
const SHORTEST_MS = 100

interface Waiter<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: NotificationsError) => void
}

export function createWaiters<T>(): Waiters<T> {
  const waiting = new Set<Waiter<T>>()

  function settle(how: (waiter: Waiter<T>) => void): void {
    const all = [...waiting]
    waiting.clear()
    for (const waiter of all) how(waiter)
  }

  return {
    get size() {
      return waiting.size
    },
    wait: ({ timeoutMs, signal, leftMs = () => 0, giveUp }) =>
      new Promise((resolve, reject) => {
        const end = (): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', onAbort)
        }
        const waiter: Waiter<T> = {
          resolve: (value) => {
            end()
            resolve(value)
          },
          reject: (error) => {
            end()
            reject(error)
          },
        }
        const lose = (why: Impatience, cause?: unknown): void => {
          waiting.delete(waiter)
          waiter.reject(giveUp(why, cause))
        }
        const onAbort = (): void => lose('aborted', signal?.reason)
        let timer: ReturnType<typeof setTimeout> | undefined
        const arm = (ms: number): void => {
          // A timer of more milliseconds than 31 bits would fire at once.
          if (ms <= LONGEST_TIMER_MS) timer = setTimeout(onTime, ms)
        }
        const onTime = (): void => {
          const left = leftMs()
          if (left > 0) arm(Math.max(left, SHORTEST_MS))
          else lose('timeout')
        }
        arm(timeoutMs)
        signal?.addEventListener('abort', onAbort, { once: true })
        waiting.add(waiter)
      }),
    resolve: (value) => settle((waiter) => waiter.resolve(value)),
    reject: (error) => settle((waiter) => waiter.reject(error)),
  }
}
