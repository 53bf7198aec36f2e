import { EventEmitter } from 'node:events'
import { RETENTION_DEFAULTS } from '@carillon/store'
import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { REDIS_STORE_DEFAULTS, redisStore } from '../src/index.ts'
import { resolveOptions } from '../src/options.ts'

const url = 'redis://127.0.0.1:1'

function messageOf(options: unknown): string {
  try {
    // @ts-expect-error what a developer without types may write
    redisStore(options)
  } catch (error) {
    expect(error).toMatchObject({ name: 'NotificationsStoreError', code: 'BAD_OPTION' })
    return String(error)
  }
  return 'accepted'
}

describe('options', () => {
  it('[RD2] a wrong one is refused at once, naming it, what it may be and what came', () => {
    const wrong: readonly (readonly [options: unknown, ...parts: string[]])[] = [
      [undefined, '"options"', 'an object'],
      [{}, '"url"', 'redis://', '"client"'],
      [{ url: '' }, '"url"'],
      [{ url: 'http://127.0.0.1' }, '"url"', 'rediss://'],
      [{ url: 7 }, '"url"'],
      [{ client: {} }, '"client"', 'ioredis', 'an object'],
      [{ client: new EventEmitter() }, '"client"'],
      [{ client: null }, '"client"', 'null'],
      [{ url, prefix: '' }, '"prefix"', "''"],
      [{ url, prefix: 'a{b}' }, '"prefix"', 'without braces', "'a{b}'"],
      [{ url, prefix: 'a b' }, '"prefix"'],
      [{ url, prefix: 'x'.repeat(101) }, '"prefix"'],
      [{ url, timeoutMs: 0 }, '"timeoutMs"', 'a positive integer', '0'],
      [{ url, timeoutMs: Number.POSITIVE_INFINITY }, '"timeoutMs"'],
      [{ url, maxItemsPerStream: -1 }, '"maxItemsPerStream"', '-1'],
      [{ url, maxAgeMs: '1' }, '"maxAgeMs"', "'1'"],
      [{ url, maxAwayMs: 1_000 }, '"maxAwayMs"', 'at least "maxAgeMs"', '1000'],
      [{ url, maxage: 1 }, '"maxage"', 'maxAgeMs'],
    ]
    for (const [options, ...parts] of wrong) {
      const message = messageOf(options)
      for (const part of ['redisStore', ...parts]) expect(message).toContain(part)
    }
  })

  it('[RD2] the password of an address is not told', () => {
    expect(messageOf({ url: 'https://user:secret@host' })).not.toContain('secret')
  })

  it('[RD2] two ways to Redis are one too many', () => {
    const client = new Redis(url, { lazyConnect: true })
    expect(messageOf({ url, client })).toContain('"url"')
    client.disconnect()
  })

  it('[RD2] what is not given has its default', () => {
    expect(resolveOptions({ url })).toEqual({
      target: url,
      ...REDIS_STORE_DEFAULTS,
      ...RETENTION_DEFAULTS,
    })
    expect(resolveOptions({ url: '/run/redis.sock', maxAgeMs: Number.POSITIVE_INFINITY })).toMatchObject({
      target: '/run/redis.sock',
      maxAgeMs: Number.POSITIVE_INFINITY,
      maxAwayMs: Number.POSITIVE_INFINITY,
    })
  })
})
