import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { postgresStore } from '../src/index.ts'
import { MIGRATIONS } from '../src/schema/migrations.ts'
import { ALL, append, describePostgres, entry, offsets, range, stream, user } from './kit.ts'

const devops = stream('devops')

describePostgres('opening', ({ server, open, connect, pool, later }) => {
  test('[PG20] [R28] twenty nodes that start at once on an empty database make one schema and all work', async () => {
    const url = await server().createDatabase()
    const stores = range(20).map(() => open(url, { maxConnections: 2 }))
    const outcomes = await Promise.all(stores.map((store) => append(store, [entry(devops)])))
    expect(
      outcomes
        .flat()
        .map(({ offset }) => offset)
        .sort((a, b) => a - b),
    ).toEqual(range(20))
    expect(new Set(outcomes.flat().map(({ epoch }) => epoch)).size).toBe(1)
    const db = await connect(url)
    expect((await db.query('select version from carillon.migrations')).rows).toEqual([
      { version: 1 },
      { version: 2 },
    ])
  })

  test('[PG21] a schema of a newer release is refused in words, and used once it fits again', async () => {
    const url = await server().createDatabase()
    await append(open(url), [entry(devops)])
    const db = await connect(url)
    await db.query('insert into carillon.migrations (version) values (99)')
    const store = open(url)
    const said =
      /schema "carillon" has version 99, but this release of @carillon\/store-postgres knows versions up to 2: install/
    const newer = expect.objectContaining({
      name: 'NotificationsStoreError',
      code: 'NEWER_SCHEMA',
      message: expect.stringMatching(said),
    })
    await expect(store.heads([devops])).rejects.toEqual(newer)
    await expect(store.durability()).rejects.toEqual(newer)
    expect(await store.append([entry(devops)])).toEqual([{ outcome: 'refused', cause: newer }])
    await db.query('delete from carillon.migrations where version = 99')
    expect(await append(store, [entry(devops)])).toMatchObject([{ offset: 2 }])
  })

  test('[PG22] a migration that fails leaves nothing behind, and the next call tries again', async () => {
    const url = await server().createDatabase()
    const db = await connect(url)
    // Stands in the way of a table that comes late.
    await db.query('create schema carillon; create table carillon.cursors (a integer)')
    const store = open(url)
    await expect(store.heads([devops])).rejects.toThrow(/already exists/)
    const { rows } = await db.query(`select relname from pg_class where relkind = 'r'
      and relnamespace = 'carillon'::regnamespace`)
    expect(rows).toEqual([{ relname: 'cursors' }])
    await db.query('drop table carillon.cursors')
    expect(await append(store, [entry(devops)])).toMatchObject([{ offset: 1 }])
  })

  test('[PG26] a schema of the release before is brought up to date while its nodes go on', async () => {
    const url = await server().createDatabase()
    const db = await connect(url)
    const [first] = MIGRATIONS
    await db.query(`create schema carillon;
      create table carillon.migrations (version integer primary key, applied_at timestamptz not null default now());
      ${first?.('carillon')}; insert into carillon.migrations (version) values (1)`)
    const store = open(url)
    const [written] = await append(store, [entry(devops)])
    const to = { epoch: written?.epoch ?? '', offset: 1 }
    const places = JSON.stringify([{ ...devops, subscriber: 'alice', device: '', epoch: to.epoch, place: 1 }])
    await db.query('select carillon.move_cursors_1($1, $2)', ['[]', places])
    expect(await store.cursors([{ subscriber: user('alice'), stream: devops, start: null }])).toEqual([to])
    const { rows } = await db.query('select max(version) as version from carillon.migrations')
    expect(rows).toEqual([{ version: 2 }])
  })

  test('[PG23] a role that may create nothing can use a schema that is there', async () => {
    const url = await server().createDatabase()
    await append(open(url), [entry(devops)])
    const db = await connect(url)
    const role = `app_${randomUUID().slice(0, 8)}`
    await db.query(`create role ${role} login;
      grant usage on schema carillon to ${role};
      grant select, insert, update, delete on all tables in schema carillon to ${role};
      grant usage on all sequences in schema carillon to ${role}`)
    const store = open(url.replace('postgres@', `${role}@`))
    expect(await append(store, [entry(devops), entry(stream('new'))])).toMatchObject([
      { offset: 2 },
      { offset: 1 },
    ])
    await store.clear(devops)
    await store.forget('/', 'alice')
    expect(await store.prune()).toBe(0)
    expect((await store.durability()).level).toBe('power')
  })

  test('[PG24] stores of several schemas share a pool and nothing else', async () => {
    const shared = pool(await server().createDatabase(), { max: 4 })
    const stores = ['one', 'two', 'Three_3'].map((schema) => postgresStore({ pool: shared, schema }))
    for (const store of stores) later(() => store.close())
    for (const round of range(4)) {
      const outcomes = await Promise.all(stores.map((store) => append(store, [entry(devops)])))
      expect(outcomes.flat().map(({ offset }) => offset)).toEqual([round, round, round])
    }
    await stores[0]?.clear(devops)
    const pages = await Promise.all(stores.map((store) => store.read(devops, ALL)))
    expect(pages.map(offsets)).toEqual([[], range(4), range(4)])
  })

  test('[PG25] an epoch that was shown for an empty stream is the one of its first item, whoever writes it', async () => {
    const url = await server().createDatabase()
    const stores = range(4).map(() => open(url, { maxConnections: 2 }))
    const streams = range(10).map((at) => stream(`s${at}`))
    const shown = await Promise.all(stores.map((store) => store.heads(streams)))
    const [first, ...others] = shown
    for (const other of others) expect(other).toEqual(first)
    const written = await append(
      open(url),
      streams.map((one) => entry(one)),
    )
    expect(written.map(({ epoch }) => epoch)).toEqual(first?.map(({ epoch }) => epoch))
    expect(new Set(written.map(({ epoch }) => epoch)).size).toBe(10)
  })
})
