import type { JsonValue } from '@carillon/protocol'
import type { AppendOutcome, NewEntry } from '@carillon/store'
import { until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { type PostgresPool, postgresStore } from '../src/index.ts'
import { ALL, append, CONTENT, describePostgres, entries, entry, offsets, range, stream } from './kit.ts'

const BAD = expect.objectContaining({ code: 'BAD_ENTRY' })
const outcomesOf = (list: readonly AppendOutcome[]): string[] => list.map(({ outcome }) => outcome)

describePostgres('append', ({ server, open, connect, pool, later }) => {
  test('[PG10] what PostgreSQL cannot hold is refused alone', async () => {
    const store = open(await server().createDatabase())
    const devops = stream('devops')
    const circle: Record<string, JsonValue> = {}
    circle.self = circle
    const poison: NewEntry[] = [
      entry(stream('a\u0000b')),
      entry(stream('a\ud800')),
      entry(stream('x'.repeat(1_001))),
      entry({ ...devops, scope: '\u0000' }),
      entry(devops, { id: 'a\u0000' }),
      entry(devops, { hash: '\udc00' }),
      entry(devops, { content: { ...CONTENT, data: circle } }),
      entry(devops, { ttlMs: Number.POSITIVE_INFINITY }),
    ]
    const batch = poison.flatMap((one) => [entry(devops), one])
    const outcomes = await store.append([...batch, entry(devops)])
    expect(outcomes.filter(({ outcome }) => outcome === 'refused')).toEqual(
      poison.map(() => ({ outcome: 'refused', cause: BAD })),
    )
    expect(outcomes.flatMap((it) => (it.outcome === 'written' ? [it.offset] : []))).toEqual(
      range(poison.length + 1),
    )
    for (const { stream: bad } of poison.slice(0, 4)) {
      await expect(store.read(bad, ALL)).rejects.toEqual(BAD)
      await expect(store.heads([devops, bad])).rejects.toEqual(BAD)
      await expect(store.forget('/', 'alice', bad)).rejects.toEqual(BAD)
      await expect(store.forget('/x', 'alice', bad)).rejects.toEqual(BAD)
    }
  })

  test('[PG10] what only the database finds fault with is refused alone, and its neighbours keep their order', async () => {
    const url = await server().createDatabase()
    const store = open(url)
    const devops = stream('devops')
    await store.heads([devops])
    const db = await connect(url)
    await db.query(`create function carillon.pick() returns trigger language plpgsql as $$
      begin if new.content like '%poison%' then raise exception 'no'; end if; return new; end $$`)
    await db.query(
      'create trigger pick before insert on carillon.items for each row execute function carillon.pick()',
    )
    const poison = { content: { ...CONTENT, title: 'poison' } }
    const batch = Array.from({ length: 40 }, (_, at) => entry(devops, at % 13 === 5 ? poison : {}))
    const expected = batch.map(({ content }) => (content === CONTENT ? 'written' : 'refused'))
    expect(outcomesOf(await store.append(batch))).toEqual(expected)
    const { items } = await store.read(devops, ALL)
    expect(items.map(({ id }) => id)).toEqual(
      batch.filter(({ content }) => content === CONTENT).map(({ id }) => id),
    )
    expect(offsets(await store.read(devops, ALL))).toEqual(range(items.length))
    // The same key once more in the batch, with content that is no poison: it has its chance.
    const chances = [
      entry(devops, { ...poison, key: 'k' }),
      entry(devops, { key: 'k' }),
      entry(devops, { key: 'k' }),
    ]
    expect(await store.append(chances)).toMatchObject([
      { outcome: 'refused' },
      { outcome: 'written', duplicate: false, id: chances[1]?.id },
      { outcome: 'written', duplicate: true, id: chances[1]?.id },
    ])
  })

  test('[PG11] text of every kind comes back, NUL and halves of pairs in the content too', async () => {
    const store = open(await server().createDatabase())
    const devops = stream('devops')
    const texts = ['\u0000', 'a\ud800b', '\udc00', '\\u0000', '\u2028', '{"a":1}', "''", '\\', '🔔', '\ufffd']
    const list = texts.map((text) =>
      entry(devops, { content: { ...CONTENT, title: text, data: { [text]: text } } }),
    )
    await append(store, list)
    const { items } = await store.read(devops, ALL)
    expect(items.map(({ content }) => content)).toEqual(list.map(({ content }) => content))
  })

  test('[PG11] keys and senders of any length and kind are told apart', async () => {
    const store = open(await server().createDatabase())
    const devops = stream('devops')
    const long = 'k'.repeat(100_000)
    const pairs = [
      { sender: 'a', key: `${long}1` },
      { sender: 'a', key: `${long}2` },
      { sender: long, key: 'a' },
      { sender: 'a', key: '\ud800' },
      { sender: 'a', key: '\ud801' },
      { sender: 'a\u0000', key: '' },
      { sender: 'a', key: '\u0000' },
    ]
    const first = await append(
      store,
      pairs.map((pair) => entry(devops, pair)),
    )
    expect(first.map(({ duplicate }) => duplicate)).toEqual(pairs.map(() => false))
    const again = await append(
      store,
      pairs.map((pair) => entry(devops, pair)),
    )
    expect(again).toEqual(first.map((it) => ({ ...it, duplicate: true })))
  })

  test('[PG12] a key that comes several times in one call makes one item, and a conflict for other content', async () => {
    const store = open(await server().createDatabase())
    const devops = stream('devops')
    const same = entries(devops, 400, { key: 'k' })
    const other = entry(devops, { key: 'k', hash: 'other' })
    const outcomes = await store.append([...same, other, entry(devops)])
    expect(outcomes.slice(0, 400).map((it) => it.outcome === 'written' && it.duplicate)).toEqual([
      false,
      ...range(399).map(() => true),
    ])
    expect(outcomes.slice(400)).toMatchObject([{ outcome: 'conflict' }, { outcome: 'written', offset: 2 }])
    // Known before, in both directions: the first of a batch may be the one that is in conflict.
    expect(await store.append([other, ...same.slice(0, 2), entry(devops)])).toMatchObject([
      { outcome: 'conflict' },
      { outcome: 'written', duplicate: true, offset: 1 },
      { outcome: 'written', duplicate: true, offset: 1 },
      { outcome: 'written', duplicate: false, offset: 3 },
    ])
  })

  test('[PG13] [R27] a reader never passes an offset whose append is not committed', async () => {
    const url = await server().createDatabase()
    const store = open(url)
    const devops = stream('devops')
    await append(store, entries(devops, 2))
    const slow = await connect(url)
    await slow.query('begin')
    const [held] = [{ scope: '/', kind: 'channel', name: 'devops', epoch: 'e', count: 1 }]
    const row = { n: 1, s: 1, id: 'slow', content: '{}', bytes: 1, ttl: null, hash: '' }
    const call = 'select carillon.append_1($1, $2, $3, $4, 10000, 1000, $5, $6)'
    const key = '{00000000000000000000000000000001}'
    await slow.query(call, [JSON.stringify([held]), '{1}', key, JSON.stringify([row]), 'carillon_news', 'x'])
    // Counted and not committed: whoever comes later has to wait, and nobody sees anything of it.
    let isWritten = false
    const quick = append(store, [entry(devops)]).finally(() => {
      isWritten = true
    })
    const waits = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
    const db = await connect(url)
    await until(async () => (await db.query(waits)).rowCount, 'the later append waits')
    expect(await store.read(devops, ALL)).toMatchObject({ head: 2, coveredTo: 2 })
    expect(await store.heads([devops])).toMatchObject([{ offset: 2 }])
    expect(isWritten).toBe(false)
    await slow.query('commit')
    expect(await quick).toMatchObject([{ offset: 4 }])
    const page = await store.read(devops, { ...ALL, after: 2 })
    expect(page).toMatchObject({ head: 4, coveredTo: 4, items: [{ id: 'slow', offset: 3 }, { offset: 4 }] })
  })

  test('[PG13] an append that is rolled back leaves no hole', async () => {
    const url = await server().createDatabase()
    const store = open(url)
    const devops = stream('devops')
    await append(store, entries(devops, 2))
    const slow = await connect(url)
    await slow.query('begin')
    await slow.query('update carillon.streams set head = head + 5')
    const next = append(store, [entry(devops)])
    await slow.query('rollback')
    expect(await next).toMatchObject([{ offset: 3 }])
  })

  test('[PG14] batches over the same streams in other orders do not stand in each other’s way', async () => {
    const url = await server().createDatabase()
    const [one, two] = [open(url), open(url)]
    const names = range(30).map((at) => `s${at}`)
    const rounds = range(15).map((round) => {
      const order = round % 2 === 0 ? names : [...names].reverse()
      return append(
        round % 3 === 0 ? one : two,
        order.map((name) => entry(stream(name))),
      )
    })
    await Promise.all(rounds)
    const heads = await one.heads(names.map((name) => stream(name)))
    expect(heads.map(({ offset }) => offset)).toEqual(names.map(() => 15))
    const db = await connect(url)
    const { rows } = await db.query(
      'select deadlocks::int from pg_stat_database where datname = current_database()',
    )
    expect(rows).toEqual([{ deadlocks: 0 }])
  })

  test('[PG14] what the database rolls back in favour of somebody else is done again', async () => {
    const url = await server().createDatabase()
    const store = postgresStore({
      pool: pool(url, { options: '-c default_transaction_isolation=serializable' }),
    })
    later(() => store.close())
    const devops = stream('devops')
    const calls = range(4).map(() => append(store, [entry(devops)]))
    const all = (await Promise.all(calls)).flat().map(({ offset }) => offset)
    expect(all.sort()).toEqual(range(4))
    expect((await store.durability()).warnings).toEqual([
      expect.stringContaining('default_transaction_isolation is serializable'),
    ])
  })

  test('[PG15] a retry after a lost reply finds what was written', async () => {
    const inner = pool(await server().createDatabase())
    let isCut = false
    const lossy: PostgresPool = {
      on: (event, listener) => inner.on(event, listener),
      removeListener: (event, listener) => inner.removeListener(event, listener),
      async connect() {
        const client = await inner.connect()
        return {
          release: (destroy) => client.release(destroy),
          on: (...args: Parameters<typeof client.on>) => client.on(...args),
          removeListener: (...args: Parameters<typeof client.on>) => client.removeListener(...args),
          async query(query) {
            const result = await client.query(query)
            if (isCut && query.text.includes('append_1'))
              throw new Error('Connection terminated unexpectedly')
            return result
          },
        }
      },
    }
    const store = postgresStore({ pool: lossy })
    later(() => store.close())
    const devops = stream('devops')
    await append(store, [entry(devops)])
    isCut = true
    const list = entries(devops, 3)
    const lost = await store.append(list)
    expect(outcomesOf(lost)).toEqual(['unknown', 'unknown', 'unknown'])
    isCut = false
    const again = await append(store, list)
    expect(again.map(({ offset, duplicate }) => ({ offset, duplicate }))).toEqual(
      [2, 3, 4].map((offset) => ({ offset, duplicate: true })),
    )
    expect(await store.heads([devops])).toMatchObject([{ offset: 4 }])
  })

  test('[PG16] type parsers of the application change nothing', async () => {
    const parsers = { getTypeParser: () => () => 'nonsense' }
    const store = postgresStore({ pool: pool(await server().createDatabase(), { types: parsers }) })
    later(() => store.close())
    const devops = stream('devops')
    const [first] = await append(store, [entry(devops, { ttlMs: 60_000 })])
    const page = await store.read(devops, ALL)
    expect(page).toMatchObject({ epoch: first?.epoch, head: 1, items: [{ offset: 1, content: CONTENT }] })
    expect(page.items[0]?.expiresAt).toBe((first?.timestamp ?? 0) + 60_000)
  })

  test('[PG17] the newest items of a stream are kept, a tenth more at most, and the base says what is gone', async () => {
    const url = await server().createDatabase()
    const store = open(url, { maxItemsPerStream: 50 })
    const devops = stream('devops')
    for (const size of [1, 30, 30, 7, 200, 1, 1, 1, 1, 1, 1, 1]) {
      await append(store, entries(devops, size))
      const { base, head, items } = await store.read(devops, ALL)
      expect(items.length).toBeLessThanOrEqual(55)
      expect(items.length).toBeGreaterThanOrEqual(Math.min(head, 50))
      expect(items.map(({ offset }) => offset)).toEqual(range(head, base + 1))
    }
    const db = await connect(url)
    const { rows } = await db.query('select count(*)::int as count from carillon.items')
    expect(rows[0]?.count).toBeLessThanOrEqual(55)
  })
})
