import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Announce, RateQuestion, Rates } from '../flows/ports.ts'
import type { Rates as Bounds } from './limits.ts'

/** Counts what users and addresses do: in this process, or over all nodes where a Redis client is given. */
export interface RateLimiters extends Rates {
  /** Forgets everything, timers among it. */
  close(): void
}

type Limiter = RateLimiterMemory | RateLimiterRedis

export function createRates(
  bounds: Bounds,
  redis: object | null,
  scope: string,
  announce: Announce,
): RateLimiters {
  const memories: RateLimiterMemory[] = []

  function limiter(name: string, points: number): Limiter {
    const options = { keyPrefix: `carillon:rate:${scope}:${name}`, points, duration: bounds.windowMs / 1_000 }
    const memory = new RateLimiterMemory(options)
    memories.push(memory)
    // Without Redis each node counts by itself: too much may pass then, but nobody is shut out.
    if (redis === null) return memory
    const useRedisPackage = !('defineCommand' in redis)
    return new RateLimiterRedis({
      ...options,
      storeClient: redis,
      useRedisPackage,
      rejectIfRedisNotReady: true,
      insuranceLimiter: memory,
      // Whoever is over the bound is not asked about again and again.
      inMemoryBlockOnConsumed: points + 1,
    })
  }

  const limiters = {
    send: { user: limiter('su', bounds.sendsPerUser), address: limiter('sa', bounds.sendsPerAddress) },
    join: { user: limiter('ju', bounds.joinsPerUser), address: limiter('ja', bounds.joinsPerAddress) },
    connection: { user: null, address: limiter('ca', bounds.connectionsPerAddress) },
  }

  async function waitFor(limiter: Limiter | null, key: string | null): Promise<number> {
    if (limiter === null || key === null) return 0
    try {
      await limiter.consume(key)
      return 0
    } catch (cause) {
      if (cause instanceof RateLimiterRes) return Math.max(1, cause.msBeforeNext)
      announce.problem({ code: 'REQUEST_FAILED', message: 'A rate could not be counted', cause })
      return 0
    }
  }

  return {
    async take({ what, user, address }: RateQuestion) {
      const { user: byUser, address: byAddress } = limiters[what]
      const ofUser = await waitFor(byUser, user)
      // What the user may not do does not count against everybody at the address.
      return ofUser > 0 ? ofUser : waitFor(byAddress, address)
    },
    close() {
      for (const memory of memories) {
        for (const { key } of memory.dump().storage) void memory.delete(key)
      }
    },
  }
}
