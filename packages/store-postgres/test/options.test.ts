import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { type PostgresStoreOptions, postgresStore } from '../src/index.ts'

/** As somebody without TypeScript would call it. */
const callWith = (options: object): void => void postgresStore(options as PostgresStoreOptions)

const url = 'postgresql://nobody@localhost:1/nothing'
const pool = {
  connect: () => Promise.reject(new Error('no')),
  on: () => undefined,
  removeListener: () => undefined,
}

describe('[PG1] a wrong option is refused at once, with its name and what it may be:', () => {
  test.each<[options: object, said: RegExp]>([
    [{}, /"connectionString" must be given, or "pool"/],
    [{ connectionString: url, pool }, /"pool", and not both/],
    [{ connectionString: '' }, /"connectionString" must be like postgresql:\/\//],
    [{ connectionString: 7 }, /"connectionString" must be like/],
    [{ connectionString: 'postgresql://a:secret@[broken' }, /"connectionString" must be like/],
    [{ pool: {} }, /"pool" must be a Pool of the package pg, got an object/],
    [{ pool, maxConnections: 5 }, /"maxConnections" must be left out with "pool"/],
    [{ pool: { ...pool, options: { max: 1 } } }, /"pool.max" must be at least 2.*got 1/],
    [{ connectionString: url, maxConnections: 0 }, /"maxConnections" must be a positive integer, got 0/],
    [{ connectionString: url, schema: 'a"b' }, /"schema" must be .*got 'a"b'/],
    [{ connectionString: url, schema: 'pg_mine' }, /"schema" must be/],
    [{ connectionString: url, schema: 'x'.repeat(49) }, /"schema" must be up to 48/],
    [
      { connectionString: url, maxItemsPerStream: 0 },
      /"maxItemsPerStream" must be a positive integer, got 0/,
    ],
    [{ connectionString: url, maxAgeMs: -1 }, /"maxAgeMs" must be a positive integer or Infinity/],
    [{ connectionString: url, maxAwayMs: '1d' }, /"maxAwayMs" must be .*got '1d'/],
    [{ connectionString: url, maxAwayMs: 1_000 }, /"maxAwayMs" must be at least "maxAgeMs"/],
    [{ connectionString: url, maxItems: 3 }, /"maxItems" must be one of connectionString, pool, schema/],
  ])('%o', (options, said) => {
    expect(() => callWith(options)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }))
    expect(() => callWith(options)).toThrow(said)
  })
})

test('[PG1] a password in a broken connection string is not told', () => {
  expect(() => callWith({ connectionString: 'postgresql://a:secret@[broken' })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('secret') }),
  )
})

test('[PG2] a pool of pg is accepted as it is, and gets its listener back when the store is closed', async () => {
  const own = new pg.Pool({ connectionString: url })
  const store = postgresStore({ pool: own })
  expect(own.listenerCount('error')).toBe(1)
  await expect(store.heads([])).resolves.toEqual([])
  await store.close()
  await store.close()
  expect(own.listenerCount('error')).toBe(0)
  expect(own.ended).toBe(false)
  await own.end()
})

test('[PG3] after close an append refuses and everything else rejects with CLOSED', async () => {
  const store = postgresStore({ connectionString: url })
  await store.close()
  const stream = { scope: '/', kind: 'channel', name: 'a' } as const
  const closed = expect.objectContaining({ code: 'CLOSED' })
  const content = { type: 'info', title: '', message: '', data: null, sender: '' } as const
  const entry = { stream, id: 'n', content, bytes: 1, ttlMs: null, sender: '', key: '', hash: '' }
  await expect(store.append([entry])).resolves.toEqual([{ outcome: 'refused', cause: closed }])
  const subscriber = { user: 'alice', device: null }
  for (const call of [
    () => store.durability(),
    () => store.read(stream, { after: 0, limit: 1, maxBytes: 1 }),
    () => store.heads([stream]),
    () => store.heads([]),
    () => store.cursors([{ subscriber, stream, start: null }]),
    () => store.moveCursors([{ subscriber, stream, to: null }]),
    () => store.moveCursors([]),
    () => store.prune(),
    () => store.clear(stream),
    () => store.forget('/', 'alice'),
    () => store.forget('/', 'alice', stream),
  ]) {
    await expect(call()).rejects.toEqual(closed)
  }
  store.listen?.({ onNews: () => undefined, onGap: () => undefined })()
})
