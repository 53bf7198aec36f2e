import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { RETENTION_DEFAULTS } from '@carillon/store'
import { expect, test } from 'vitest'
import { SQLITE_STORE_DEFAULTS, sqliteStore } from '../src/index.ts'
import { appendAll, codeOf, entry, readAll } from './entries.ts'
import { openStore, temporaryFile } from './open.ts'

/** As a caller without types would. */
const open = (...given: unknown[]): unknown => Reflect.apply(sqliteStore, undefined, given)

test.each([
  [[undefined], '"file" must be the path of a file, got undefined'],
  [[''], '"file" must be the path of a file'],
  [['a\0b'], '"file" must be the path of a file'],
  [[':memory:'], 'for notifications in memory use createMemoryStore()'],
  [['libsql://host/db'], 'not an address'],
  [['file:notifications.db'], 'not an address'],
  [['a.db', null], '"options" must be an object, got null'],
  [['a.db', { sync: 'full' }], '"sync" must be one of'],
  [['a.db', { synchronous: 'off' }], `"synchronous" must be 'full' or 'normal', got 'off'`],
  [['a.db', { busyTimeoutMs: 0 }], '"busyTimeoutMs" must be a positive integer, got 0'],
  [['a.db', { pollMs: 1.5 }], '"pollMs" must be a positive integer, got 1.5'],
  [['a.db', { maxFileBytes: -1 }], '"maxFileBytes" must be a positive integer or Infinity, got -1'],
  [['a.db', { maxItemsPerStream: 0 }], '"maxItemsPerStream" must be a positive integer, got 0'],
  [['a.db', { maxAwayMs: 1_000 }], '"maxAwayMs" must be at least "maxAgeMs", which is 2592000000'],
  [['a.db', { maxAgeMs: Number.NaN }], '"maxAgeMs" must be a positive integer or Infinity, got NaN'],
])('[SQ1] a wrong option is refused at once: %j', (given, said) => {
  expect(() => open(...given)).toThrow(
    expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(said) }),
  )
  expect(() => open(...given)).toThrow(/^sqliteStore: /)
})

test('[SQ1] the defaults are those of every durable store, and the safe ones of this', () => {
  expect(SQLITE_STORE_DEFAULTS).toEqual({
    ...RETENTION_DEFAULTS,
    synchronous: 'full',
    busyTimeoutMs: 4_000,
    pollMs: 50,
    maxFileBytes: Number.POSITIVE_INFINITY,
  })
})

test('[SQ2] the file is made in the background, and where it cannot be, the next call tries again', async () => {
  const { folder } = temporaryFile()
  const file = `${folder}/later/notifications.db`
  const store = openStore(file)
  const [outcome] = await store.append([entry()])
  expect(outcome?.outcome).toBe('refused')
  expect(codeOf(outcome)).toBe('SQLITE_CANTOPEN')
  await expect(readAll(store)).rejects.toMatchObject({ code: 'SQLITE_CANTOPEN' })
  await expect(store.durability()).rejects.toThrow(file)
  const { mkdirSync } = await import('node:fs')
  mkdirSync(dirname(file))
  await appendAll(store, [entry()])
  expect((await readAll(store)).head).toBe(1)
  expect(existsSync(file)).toBe(true)
})
