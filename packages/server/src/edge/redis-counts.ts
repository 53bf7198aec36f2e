import { RateLimiterRes } from 'rate-limiter-flexible'
import type { Announce } from '../flows/ports.ts'
import { systemClock } from './clock.ts'
import type { Log } from './log.ts'
import { type Expectation, hasMethods } from './option-checks.ts'

/** Rejects with a `RateLimiterRes` who has done too much. */
export interface Limiter {
  consume(key: string): Promise<unknown>
}

/** Counts in Redis as long as it answers, in this process when it does not, and says so when that changes. */
export interface RedisCounts {
  limiter(shared: Limiter, own: Limiter): Limiter
  /** Ends what waits for Redis. */
  close(): void
}

/** What counting asks of ioredis, and of redis. */
const CLIENTS = [['defineCommand'], ['eval', 'sendCommand']]

export const A_REDIS_CLIENT: Expectation = {
  what: 'a client of Redis, of ioredis or redis',
  fits: (value) => CLIENTS.some((methods) => hasMethods(value, methods)),
}

/** Nobody waits longer than this for Redis to count, and for a while after that nobody asks it. */
const ANSWER_MS = 1_000
const REST_MS = 10_000

export function createRedisCounts(announce: Announce, log: Log): RedisCounts {
  const waiting = new Set<() => void>()
  let restsUntil = 0
  let isAway = false

  function onAway(cause: unknown): void {
    if (isAway) return
    isAway = true
    const message = 'Redis does not count what users and addresses do: each node counts by itself'
    announce.problem({ code: 'RATES_FAILED', message, cause })
  }

  function onAnswer(): void {
    if (isAway) log.info('Redis counts again what users and addresses do')
    isAway = false
  }

  /** What is connected and does not answer rejects nothing, so that nothing else would notice. */
  function patient(shared: Limiter, own: Limiter, key: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      let isOver = false
      const settle = (finish: () => void): void => {
        if (isOver) return
        isOver = true
        cancel()
        waiting.delete(end)
        finish()
      }
      const end = (): void => settle(() => resolve(undefined))
      // Too much may pass then, but nobody is shut out.
      const countHere = (cause: unknown): void =>
        settle(() => {
          onAway(cause)
          own.consume(key).then(resolve, reject)
        })
      const cancel = systemClock.after(ANSWER_MS, () => {
        restsUntil = systemClock.now() + REST_MS
        countHere(new Error(`no answer within ${ANSWER_MS} ms`))
      })
      waiting.add(end)
      const onCounted = (): void =>
        settle(() => {
          onAnswer()
          resolve(undefined)
        })
      shared.consume(key).then(onCounted, (cause) => {
        if (cause instanceof RateLimiterRes) settle(() => reject(cause))
        else countHere(cause)
      })
    })
  }

  return {
    limiter: (shared, own) => ({
      consume: (key) => (systemClock.now() < restsUntil ? own.consume(key) : patient(shared, own, key)),
    }),
    close() {
      for (const end of [...waiting]) end()
    },
  }
}
