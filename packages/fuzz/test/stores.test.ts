/* Names that databases read as commands, over the wire and into the real stores. THREATS S35, S36 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attachNotifications } from '@carillon/server'
import type { NotificationStore } from '@carillon/store'
import { postgresStore } from '@carillon/store-postgres'
import { redisStore } from '@carillon/store-redis'
import { sqliteStore } from '@carillon/store-sqlite'
import { connectRaw, onUnhandled, type RawClient, startServer } from '@carillon/testkit'
import {
  canUse,
  findPostgres,
  isRedisFound,
  POSTGRES_COMMAND,
  type PostgresServer,
  REDIS_COMMAND,
  type RedisServer,
  startPostgres,
  startRedis,
} from '@carillon/testkit/servers'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

const SQL = [
  "x'; drop table items;--",
  'x"; drop schema carillon cascade;--',
  "' or '1'='1",
  "'||(select version())||'",
  '$1',
  '?1',
  ':name',
  '%',
  '_',
  '\\',
  "E'\\x41'",
  '/* */ --',
  'null',
  '{"a":1}',
  '[1]',
]

const REDIS = [
  'a}:m',
  '{x}',
  '{',
  '}{',
  '*',
  '?',
  '[a-z]',
  'devops',
  'devops:m',
  'devops:s',
  'devops:k',
  'devops:c',
  'carillon:due',
  'carillon:{devops}:m',
  '\\r\\nFLUSHALL\\r\\n',
  'return redis.call("flushall")',
  '__proto__',
]

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

/** A server on this store, and who plays there. */
async function stage(store: NotificationStore) {
  const guard = onUnhandled()
  open.push(guard.check)
  const server = await startServer()
  open.push(server.close)
  const problems: unknown[] = []
  const notifications = attachNotifications(server.io, {
    store,
    log: false,
    stats: { minIntervalMs: 60_000 },
  })
  open.push(notifications.close)
  notifications.on('problem', (problem) => problems.push(problem))
  return {
    problems,
    visitor(name: string): RawClient {
      const auth = { user_id: name, username: name, device_id: name, notifications: { version: 2 } }
      const client = connectRaw(server.url, { auth, name: 'visitor', limitMs: 10_000 })
      open.push(client.close)
      return client
    },
  }
}

const titlesOf = (page: unknown): unknown[] =>
  Object(page).items.map((item: object) => Reflect.get(item, 'title'))

/** Every name wherever a name goes: each is kept as it is, and by itself. */
async function playNames(store: NotificationStore, names: readonly string[]): Promise<void> {
  const { problems, visitor } = await stage(store)
  for (const name of names) {
    const client = visitor(name)
    expect(await client.sendEventWithAck('join-channel', name)).toMatchObject({ ok: true, offset: 0 })
    const input = {
      channel: name,
      title: name,
      message: `${name}\r\nFLUSHALL\r\n`,
      data: { [`in ${name}`]: [name] },
      idempotencyKey: name,
    }
    expect(await client.sendEventWithAck('send-notification', input)).toMatchObject({ ok: true, offset: 1 })
    expect(await client.sendEventWithAck('send-notification', input)).toMatchObject({ duplicate: true })
    const personal = { title: name, message: name, to: { user: name } }
    expect(await client.sendEventWithAck('send-notification', personal)).toMatchObject({ ok: true })
  }
  for (const name of names) {
    const client = visitor(name)
    const page = await client.sendEventWithAck('get-history', { stream: `c:${name}` })
    expect(page).toMatchObject({
      ok: true,
      head: 1,
      items: [{ title: name, data: { [`in ${name}`]: [name] }, sender: name }],
    })
    const own = await client.sendEventWithAck('get-history', { stream: 'u' })
    expect(titlesOf(own)).toEqual([name])
    const { epoch, offset } = Object(await client.sendEventWithAck('join-channel', name))
    const moved = await client.sendEventWithAck('ack-notifications', { [`c:${name}`]: { epoch, offset } })
    expect(moved).toMatchObject({ ok: true })
    expect(await client.sendEventWithAck('leave-channel', name)).toMatchObject({ ok: true })
  }
  expect(problems).toEqual([])
}

describe('[S35] names that SQL would read as more than a name', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'carillon-names-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('are kept as they are in SQLite', async () => {
    const store = sqliteStore(join(folder, 'names.db'))
    open.push(() => store.close())
    await playNames(store, SQL)
  })

  test('make no name of a file', () => {
    for (const file of ['', ' ', 'a\u0000.db', 'file:x.db?mode=memory', ':memory:'])
      expect(() => sqliteStore(file)).toThrow(/must be/)
  })
})

describe.skipIf(!canUse('PostgreSQL', findPostgres() !== null, POSTGRES_COMMAND))(
  '[S35] in PostgreSQL',
  () => {
    let server: PostgresServer
    beforeAll(async () => {
      server = await startPostgres()
    }, 60_000)
    afterAll(() => server.close())

    test('they are kept as they are, and the tables are as they were', async () => {
      const connectionString = await server.createDatabase()
      await server.sql('create table items (id int)', connectionString)
      const store = postgresStore({ connectionString })
      open.push(() => store.close())
      await playNames(store, SQL)
      const tables = await server.sql(
        "select table_schema || '.' || table_name from information_schema.tables where table_name = 'items' order by 1",
        connectionString,
      )
      expect(tables.split('\n')).toContain('public.items')
    })

    test.each(['x; drop table n', 'a"b', 'a b', 'x'.repeat(49), '1a', '', 'pg_x', "x'"])(
      'a schema called %j is refused',
      (schema) => {
        expect(() => postgresStore({ connectionString: server.url, schema })).toThrow(/"schema" must be/)
      },
    )
  },
)

describe.skipIf(!canUse('Redis', isRedisFound(), REDIS_COMMAND))('[S36] names that Redis would read', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.close())

  test('are kept as they are, apart from each other and from everybody’s keys', async () => {
    await server.cli('set', 'devops:m', 'of somebody else')
    await server.cli('set', 'bystander', 'of somebody else')
    const store = redisStore({ url: server.url })
    open.push(() => store.close())
    await playNames(store, REDIS)
    expect(await server.cli('get', 'bystander')).toBe('of somebody else')
    expect(await server.cli('get', 'devops:m')).toBe('of somebody else')
    const keys = (await server.cli('keys', '*'))
      .split('\n')
      .filter((key) => !/^(bystander|devops:m)$/.test(key))
    expect(keys.length).toBeGreaterThan(REDIS.length)
    // One pair of braces around a name in an alphabet without marks: whatever it is called, it cannot get out.
    for (const key of keys) expect(key).toMatch(/^carillon:(?:due|u:~?[\w-]+|\{~?[\w-]+\}:[a-z])$/)
  })

  test.each(['a b', 'a{b}', 'a\r\nb', '', 'x'.repeat(101)])('a prefix called %j is refused', (prefix) => {
    expect(() => redisStore({ url: server.url, prefix })).toThrow(/"prefix" must be/)
  })
})
