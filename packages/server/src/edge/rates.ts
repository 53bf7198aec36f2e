import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Announce, RateQuestion, Rates } from '../flows/ports.ts'
import type { ResolvedRates } from './limits.ts'
import type { Log } from './log.ts'
import { createRedisCounts, type Limiter } from './redis-counts.ts'

/** Counts what users and addresses do: in this process, or over all nodes where a Redis client is given. */
export interface RateLimiters extends Rates {
  /** Forgets everything, timers among it. */
  close(): void
}

/**
 * Users are counted by the scope of their streams, addresses over all scopes of one attachment: who could take a fresh
 * one for each namespace of a family would have no bound at all.
 *
 * @param place the attachment's name, the same on all nodes
 */
export function createRates(
  bounds: ResolvedRates,
  redis: object | null,
  place: string,
  announce: Announce,
  log: Log,
): RateLimiters {
  const memories: RateLimiterMemory[] = []
  const counts = createRedisCounts(announce, log)

  function limiter(name: string, points: number): Limiter {
    const options = { keyPrefix: `carillon:rate:${name}`, points, duration: bounds.windowMs / 1_000 }
    const memory = new RateLimiterMemory(options)
    memories.push(memory)
    if (redis === null) return memory
    const useRedisPackage = !('defineCommand' in redis)
    const shared = new RateLimiterRedis({
      ...options,
      storeClient: redis,
      useRedisPackage,
      rejectIfRedisNotReady: true,
      // Whoever is over the bound is not asked about again and again.
      inMemoryBlockOnConsumed: points + 1,
    })
    return counts.limiter(shared, memory)
  }

  const limiters = {
    send: { user: limiter('su', bounds.sendsPerUser), address: limiter('sa', bounds.sendsPerAddress) },
    join: { user: limiter('ju', bounds.joinsPerUser), address: limiter('ja', bounds.joinsPerAddress) },
    connection: { user: null, address: limiter('ca', bounds.connectionsPerAddress) },
  }

  async function waitFor(limiter: Limiter | null, scope: string, name: string | null): Promise<number> {
    if (limiter === null || name === null) return 0
    try {
      // No pair of names reads as another.
      await limiter.consume(JSON.stringify([scope, name]))
      return 0
    } catch (cause) {
      if (cause instanceof RateLimiterRes) return Math.max(1, cause.msBeforeNext)
      announce.problem({ code: 'REQUEST_FAILED', message: 'A rate could not be counted', cause })
      return 0
    }
  }

  return {
    async take({ what, scope, user, address }: RateQuestion) {
      const { user: byUser, address: byAddress } = limiters[what]
      const ofUser = await waitFor(byUser, scope, user)
      // What the user may not do does not count against everybody at the address.
      return ofUser > 0 ? ofUser : waitFor(byAddress, place, address)
    },
    close() {
      counts.close()
      for (const memory of memories) {
        for (const { key } of memory.dump().storage) void memory.delete(key)
      }
    },
  }
}
