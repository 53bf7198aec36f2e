import type { Head, NotificationStore } from '@carillon/store'
import { until, within } from '@carillon/testkit'
import type pg from 'pg'
import { expect, test } from 'vitest'
import { ALL, append, describePostgres, entries, entry, offsets, range, stream, user } from './kit.ts'

const devops = stream('devops')
const DAY_MS = 24 * 3600 * 1000

/** Makes everything in the tables older, as if time had passed. */
async function passes(db: pg.Client, ms: number, where = 'true'): Promise<void> {
  await db.query(
    `update carillon.items set written_at = written_at - ${ms}, expires_at = expires_at - ${ms} where ${where}`,
  )
  await db.query(`update carillon.streams set oldest_at = oldest_at - ${ms}, idle_since = idle_since - ${ms}`)
  await db.query(`update carillon.cursors set moved_at = moved_at - ${ms}`)
}

const count = async (db: pg.Client, table: string): Promise<number> =>
  (await db.query(`select count(*)::int as count from carillon.${table}`)).rows[0]?.count

async function headOf(store: NotificationStore, name: string): Promise<Head> {
  const [head] = await store.heads([stream(name)])
  if (head === undefined) throw new Error('no head')
  return head
}

describePostgres('prune', ({ server, open, connect }) => {
  test('[PG60] what is older than maxAgeMs is at or below the base; what is younger stays', async () => {
    const url = await server().createDatabase()
    const store = open(url, { maxAgeMs: 30 * DAY_MS })
    const db = await connect(url)
    await append(store, [...entries(devops, 2_500), ...entries(stream('orders'), 3)])
    await passes(db, 31 * DAY_MS)
    await append(store, entries(devops, 10))
    expect(await store.prune()).toBe(2_503)
    expect(await store.read(devops, ALL)).toMatchObject({ base: 2_500, head: 2_510, items: { length: 10 } })
    expect(await store.read(stream('orders'), ALL)).toMatchObject({
      base: 3,
      head: 3,
      coveredTo: 3,
      items: [],
    })
    expect(await store.prune()).toBe(0)
    expect(await append(store, [entry(stream('orders'))])).toMatchObject([{ offset: 4 }])
    await passes(db, 31 * DAY_MS)
    expect(await store.prune()).toBe(11)
  })

  test('[PG61] a clock that went back ages nothing out of turn and reorders nothing', async () => {
    const url = await server().createDatabase()
    const store = open(url, { maxAgeMs: 30 * DAY_MS })
    const db = await connect(url)
    await append(store, entries(devops, 6))
    // 3 and 4 were written while the clock was a year behind, 6 while it was a year ahead.
    await passes(db, 365 * DAY_MS, 'place in (3, 4)')
    await passes(db, -365 * DAY_MS, 'place = 6')
    await db.query('update carillon.streams set oldest_at = oldest_at - $1', [365 * DAY_MS])
    expect(await store.prune()).toBe(0)
    expect(offsets(await store.read(devops, ALL))).toEqual(range(6))
    await append(store, [entry(devops)])
    await passes(db, 31 * DAY_MS, 'place <= 5')
    expect(await store.prune()).toBe(5)
    expect(await store.read(devops, ALL)).toMatchObject({ base: 5, items: [{ offset: 6 }, { offset: 7 }] })
  })

  test('[PG62] expired items go in steps, and the base stays', async () => {
    const url = await server().createDatabase()
    const store = open(url)
    const db = await connect(url)
    const list = entries(devops, 3_000).map((one, at) => ({ ...one, ttlMs: at % 3 === 0 ? null : 60_000 }))
    await append(store, list)
    await passes(db, 61_000)
    const kept = range(3_000).filter((offset) => offset % 3 === 1)
    expect(offsets(await store.read(devops, ALL))).toEqual(kept)
    expect(await count(db, 'items')).toBe(3_000)
    expect(await store.prune()).toBe(2_000)
    expect(await count(db, 'items')).toBe(1_000)
    const page = await store.read(devops, ALL)
    expect(page).toMatchObject({ base: 0, head: 3_000, coveredTo: 3_000 })
    expect(offsets(page)).toEqual(kept)
  })

  test('[PG63] a smaller maxItemsPerStream takes effect in steps, with appends and with a prune', async () => {
    const url = await server().createDatabase()
    const store = open(url)
    await append(store, [...entries(devops, 5_000), ...entries(stream('quiet'), 2_500)])
    const narrow = open(url, { maxItemsPerStream: 100 })
    await append(narrow, [entry(devops)])
    const { base } = await narrow.read(devops, ALL)
    expect(base).toBeGreaterThan(0)
    expect(base).toBeLessThanOrEqual(1_001)
    expect(await narrow.prune()).toBe(7_501 - base - 200)
    for (const [one, head] of [
      [devops, 5_001],
      [stream('quiet'), 2_500],
    ] as const) {
      const page = await narrow.read(one, ALL)
      expect(page).toMatchObject({ base: head - 100, head })
      expect(offsets(page)).toEqual(range(head, head - 99))
    }
  })

  test('[PG64] a prune waits for nobody: what is being written to is left for the next time', async () => {
    const url = await server().createDatabase()
    const store = open(url, { maxAgeMs: 30 * DAY_MS })
    const db = await connect(url)
    await append(store, [...entries(devops, 5), ...entries(stream('orders'), 5)])
    await passes(db, 31 * DAY_MS)
    await db.query(`begin; select from carillon.streams where name = 'devops' for update`)
    expect(await within(store.prune(), 5_000, 'the prune')).toBe(5)
    await db.query('commit')
    expect(await store.prune()).toBe(5)
  })

  test('[PG64] several prunes at once, and appends meanwhile, drop each item once', async () => {
    const url = await server().createDatabase()
    const store = open(url, { maxAgeMs: 30 * DAY_MS })
    const db = await connect(url)
    const streams = range(60).map((at) => stream(`s${at}`))
    await append(
      store,
      streams.flatMap((one) => [...entries(one, 20), ...entries(one, 20, { ttlMs: 60_000 })]),
    )
    await passes(db, 31 * DAY_MS)
    const others = range(3).map(() => open(url, { maxAgeMs: 30 * DAY_MS }))
    const appends = range(20).map(() =>
      append(
        store,
        streams.map((one) => entry(one)),
      ),
    )
    const dropped = await Promise.all(others.map((one) => one.prune()))
    await Promise.all(appends)
    const last = await store.prune()
    expect([...dropped, last].reduce((sum, one) => sum + one, 0)).toBe(60 * 40)
    for (const one of streams) {
      const page = await store.read(one, ALL)
      expect(page.head).toBe(60)
      expect(offsets(page)).toEqual(range(60, 41))
    }
    expect(await count(db, 'items')).toBe(60 * 20)
  })

  test('[PG65] a stream that was cleared or forgotten leaves nothing behind', async () => {
    const url = await server().createDatabase()
    const store = open(url)
    const db = await connect(url)
    const own = stream('alice', 'user')
    await append(store, [...entries(devops, 2_500), ...entries(own, 1_500), ...entries(stream('orders'), 5)])
    const inOrders = await headOf(store, 'orders')
    await store.moveCursors([
      { subscriber: user('alice', 'phone'), stream: stream('orders'), to: inOrders },
      { subscriber: user('bob'), stream: stream('orders'), to: inOrders },
    ])
    await store.clear(devops)
    expect(await count(db, 'items')).toBe(1_505)
    await store.forget('/', 'alice')
    expect(await count(db, 'items')).toBe(5)
    expect(await count(db, 'graves')).toBe(0)
    expect((await db.query('select subscriber from carillon.cursors')).rows).toEqual([{ subscriber: 'bob' }])
    expect((await db.query(`select from carillon.streams where name = 'alice'`)).rowCount).toBe(0)
    // What a process left that ended in the middle of it, a prune takes away.
    await db.query(`insert into carillon.graves select life from carillon.streams where name = 'orders'`)
    await db.query(`delete from carillon.streams where name = 'orders'`)
    await store.prune()
    expect([await count(db, 'items'), await count(db, 'graves')]).toEqual([0, 0])
  })

  test('[PG66] cursors of those who never came back go, and streams that nobody is on; the others stay', async () => {
    const url = await server().createDatabase()
    const store = open(url, { maxAwayMs: 100 * DAY_MS, maxAgeMs: 30 * DAY_MS })
    const db = await connect(url)
    await append(store, [entry(stream('left')), entry(stream('kept'))])
    const [left, kept, empty] = [
      await headOf(store, 'left'),
      await headOf(store, 'kept'),
      await headOf(store, 'empty'),
    ]
    await store.moveCursors([
      { subscriber: user('gone'), stream: stream('left'), to: left },
      { subscriber: user('gone'), stream: stream('kept'), to: kept },
      { subscriber: user('here'), stream: stream('kept'), to: kept },
    ])
    await passes(db, 99 * DAY_MS)
    await store.prune()
    expect([await count(db, 'cursors'), await count(db, 'streams'), await count(db, 'items')]).toEqual([
      3, 3, 0,
    ])
    // A sign of life: the cursor stays where it is.
    await store.moveCursors([{ subscriber: user('here'), stream: stream('kept'), to: kept }])
    // The items went a moment ago, so their streams are idle since then.
    await passes(db, 101 * DAY_MS)
    await store.moveCursors([{ subscriber: user('here'), stream: stream('kept'), to: kept }])
    await store.prune()
    expect((await db.query('select subscriber from carillon.cursors')).rows).toEqual([{ subscriber: 'here' }])
    expect((await db.query('select name from carillon.streams')).rows).toEqual([{ name: 'kept' }])
    expect(await headOf(store, 'kept')).toEqual(kept)
    for (const [name, before] of [
      ['left', left],
      ['empty', empty],
    ] as const) {
      expect((await headOf(store, name)).epoch).not.toBe(before.epoch)
    }
  })

  test('[PG68] a cursor that is only asked for is used, and costs one write a day', async () => {
    const url = await server().createDatabase()
    const store = open(url, { maxAwayMs: 100 * DAY_MS })
    const db = await connect(url)
    await append(store, [entry(devops)])
    const at = await headOf(store, 'devops')
    const [asker, silent] = [user('asker', 'phone'), user('silent')]
    await store.moveCursors([asker, silent].map((subscriber) => ({ subscriber, stream: devops, to: at })))
    const ask = (start: Head | null): Promise<readonly (Head | null)[]> =>
      store.cursors([asker, asker].map((subscriber) => ({ subscriber, stream: devops, start })))
    const movedAt = async (): Promise<number> =>
      Number(
        (await db.query(`select moved_at from carillon.cursors where subscriber = 'asker'`)).rows[0].moved_at,
      )
    for (const start of [null, at]) {
      await passes(db, DAY_MS - 60_000)
      const before = await movedAt()
      expect(await ask(start)).toEqual([at, at])
      expect(await movedAt()).toBe(before)
      await passes(db, 120_000)
      expect(await ask(start)).toEqual([at, at])
      expect(await movedAt()).toBeGreaterThan(before)
      const noted = await movedAt()
      await ask(start)
      expect(await movedAt()).toBe(noted)
    }
    // A use is noted once a day, and so the last one may be a day later than it says.
    await passes(db, 98.5 * DAY_MS)
    await store.prune()
    expect(await count(db, 'cursors')).toBe(2)
    await ask(null)
    await passes(db, 99 * DAY_MS)
    await store.prune()
    expect((await db.query('select subscriber from carillon.cursors')).rows).toEqual([
      { subscriber: 'asker' },
    ])
    expect(await ask(null)).toEqual([at, at])
  })

  test('[PG68] a question does not wait for who moves the cursor', async () => {
    const url = await server().createDatabase()
    const store = open(url)
    const db = await connect(url)
    await append(store, [entry(devops)])
    const at = await headOf(store, 'devops')
    await store.moveCursors([{ subscriber: user('alice'), stream: devops, to: at }])
    await passes(db, 2 * DAY_MS)
    await db.query('begin; select from carillon.cursors for update')
    const asked = store.cursors([{ subscriber: user('alice'), stream: devops, start: null }])
    expect(await within(asked, 5_000, 'the answer')).toEqual([at])
    await db.query('commit')
  })

  test('[PG67] a move that was late for a clear does not undo one that came after it', async () => {
    const url = await server().createDatabase()
    const store = open(url)
    const db = await connect(url)
    const [before] = await append(store, entries(devops, 5))
    const alice = user('alice')
    const old = { epoch: before?.epoch ?? '', offset: 5 }
    await store.moveCursors([{ subscriber: alice, stream: devops, to: { ...old, offset: 3 } }])
    // The move has looked at the stream and waits for the cursor, which is moved in a new epoch meanwhile.
    await db.query('begin; select from carillon.cursors for update')
    const late = store.moveCursors([{ subscriber: alice, stream: devops, to: old }])
    const look = await connect(url)
    const waits = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
    await until(async () => (await look.query(waits)).rowCount, 'the move waits')
    const cleared = await store.clear(devops)
    await db.query(`update carillon.cursors c set life = s.life, epoch = s.epoch, place = 0
      from carillon.streams s where s.id = c.stream`)
    await db.query('commit')
    await late
    const question = { subscriber: alice, stream: devops, start: null }
    expect(await store.cursors([question])).toEqual([{ ...cleared }])
  })
})
