import { until } from '@carillon/testkit'
import Database from 'libsql'
import { expect, onTestFinished, test } from 'vitest'
import { encodeEntry } from '../src/encode.ts'
import { type Reply, SWEEP_PARTS } from '../src/messages.ts'
import { resolveOptions } from '../src/options.ts'
import { packRuns } from '../src/runs.ts'
import { bucketOf } from '../src/worker/streams.ts'
import { createWriter } from '../src/worker/writer.ts'
import { openDesk } from './desk.ts'
import { appendAll, entries, entry, offsetsOf, readAll, stream, upTo } from './entries.ts'
import { openStore, temporaryFile } from './open.ts'

const DAY_MS = 24 * 3600 * 1000

/** Rows of a table, past the store. */
function look(file: string) {
  const db = new Database(file)
  onTestFinished(() => void db.close())
  return (sql: string): unknown[] => db.prepare(sql).raw().all()
}

test('[SQ6] age takes the oldest, in step with the base, and stops at the first that is young', async () => {
  const { file } = temporaryFile()
  const desk = openDesk(file, { maxAgeMs: 30 * DAY_MS })
  const start = desk.now
  for (const day of [0, 10, 20, 40]) {
    desk.now = start + day * DAY_MS
    desk.append(entries(2))
  }
  desk.now = start + 45 * DAY_MS
  expect(desk.prune()).toBe(4)
  const page = await readAll(openStore(file))
  expect(offsetsOf(page.items)).toEqual([5, 6, 7, 8])
  expect(page).toMatchObject({ base: 4, head: 8 })
})

test('[SQ6] [R48] a clock that goes back makes nothing expire, and one that was ahead holds nothing up', async () => {
  const { file } = temporaryFile()
  const desk = openDesk(file, { maxAgeMs: 30 * DAY_MS })
  const start = desk.now
  desk.append(entries(2))
  desk.now = start + 300 * DAY_MS
  desk.append(entries(2))
  desk.now = start + DAY_MS
  const [last] = desk.append(entries(1))
  expect(last).toMatchObject({ outcome: 'written', offset: 5, timestamp: desk.now })
  expect(desk.prune()).toBe(0)
  // The two of the wrong clock go with what was appended around them.
  desk.now = start + 32 * DAY_MS
  expect(desk.prune()).toBe(5)
  expect(await readAll(openStore(file))).toMatchObject({ items: [], base: 5, head: 5 })
})

test('[SQ6] an item of the past between young ones stays until its turn', async () => {
  const { file } = temporaryFile()
  const desk = openDesk(file, { maxAgeMs: 30 * DAY_MS })
  const start = desk.now
  desk.append([entry()])
  desk.now = start - 300 * DAY_MS
  desk.append([entry()])
  desk.now = start + DAY_MS
  desk.append([entry()])
  expect(desk.prune()).toBe(0)
  expect(offsetsOf((await readAll(openStore(file))).items)).toEqual([1, 2, 3])
})

test('[SQ7] what expired goes in short steps, and none of it is called trimmed', async () => {
  const { file } = temporaryFile()
  const desk = openDesk(file, { maxItemsPerStream: 5_000 })
  desk.append([...entries(1_000, { ttlMs: 1_000 }), entry()])
  expect(desk.sweep('expired')).toEqual({ dropped: 0, isMore: false })
  desk.now += 1_001
  const steps = Array.from({ length: 5 }, () => desk.sweep('expired').dropped)
  expect(steps).toEqual([250, 250, 250, 250, 0])
  expect(await readAll(openStore(file))).toMatchObject({ base: 0, head: 1_001, coveredTo: 1_001 })
})

test.each([true, false])(
  '[SQ7] a bound that only what expired is over trims nothing, pruned before: %s',
  async (isPruned) => {
    const { file } = temporaryFile()
    const desk = openDesk(file, { maxItemsPerStream: 10 })
    desk.append([...entries(8, { ttlMs: 1_000 }), entry()])
    desk.now += 1_001
    if (isPruned) desk.prune()
    desk.append(entries(8))
    // Those below had expired: whoever comes back to them has missed nothing.
    const [[base, head, kept]] = look(file)(
      'SELECT base, head, (SELECT count(*) FROM items WHERE expires_at IS NULL) FROM streams',
    ) as [[number, number, number]]
    expect({ base, head, kept }).toEqual({ base: 0, head: 17, kept: 9 })
  },
)

test('[SQ8] a bound that was lowered is reached step by step, not in one append', async () => {
  const { file } = temporaryFile()
  openDesk(file, { maxItemsPerStream: 5_000 }).append(entries(2_000))
  const desk = openDesk(file, { maxItemsPerStream: 100 })
  desk.append([entry()])
  const rows = look(file)
  const [[left]] = rows('SELECT count(*) FROM items') as [[number]]
  expect(left).toBeGreaterThan(1_900)
  expect(desk.sweep('streams')).toEqual({ dropped: 250, isMore: true })
  desk.prune()
  const page = await readAll(openStore(file))
  expect(offsetsOf(page.items)).toEqual(upTo(2_001).slice(-100))
  expect(page.base).toBe(1_901)
})

test('[SQ8] what is over the bound is out of sight at once, and deleted in lumps', async () => {
  const { file } = temporaryFile()
  const desk = openDesk(file, { maxItemsPerStream: 100 })
  const store = openStore(file)
  const rows = look(file)
  const heldAfter = (count: number): unknown => {
    desk.append(entries(count))
    return rows('SELECT count(*) FROM items')
  }
  expect(heldAfter(105)).toEqual([[105]])
  expect(offsetsOf((await readAll(store)).items)).toEqual(upTo(105).slice(-100))
  const roomy = { limit: 1_000, maxBytes: 1_000_000 }
  expect(await store.read(stream(), { after: 5, ...roomy })).toMatchObject({ base: 5, idAt: null })
  expect((await store.read(stream(), { after: 6, ...roomy })).idAt).not.toBeNull()
  expect(offsetsOf((await store.read(stream(), { before: 8, ...roomy })).items)).toEqual([6, 7])
  // A lump is a tenth of such a small bound.
  expect(heldAfter(5)).toEqual([[100]])
  expect(heldAfter(9)).toEqual([[109]])
  // Less than a lump is left to the appends: a prune that followed a busy stream would never end.
  expect(desk.prune()).toBe(0)
  expect(heldAfter(1)).toEqual([[100]])
})

test('[SQ8] what is appended after a clear can be read, whatever a prune does in the same transaction', () => {
  const { file } = temporaryFile()
  const replies: Reply[] = []
  let now = Date.now()
  const settings = resolveOptions(file, { maxAgeMs: 30 * DAY_MS })
  const writer = createWriter(
    settings,
    (posted) => void replies.push(...posted),
    () => now,
  )
  onTestFinished(() => writer.close())
  const append = (count: number): void => {
    const input = packRuns(entries(count).map(encodeEntry)).map(({ run }) => run)
    writer.run([{ id: 1, name: 'append', input }])
  }
  append(5)
  now += 31 * DAY_MS
  writer.run([
    { id: 2, name: 'clear', input: stream() },
    { id: 3, name: 'sweep', input: 'aged' },
  ])
  append(4)
  expect(look(file)('SELECT base, head FROM streams')).toEqual([[0, 4]])
})

test('[SQ8] appends have their turn while a prune is at work', async () => {
  const store = openStore(temporaryFile().file)
  await appendAll(store, entries(4_000, { ttlMs: 1 }))
  const order: string[] = []
  const pruned = store.prune().then((dropped) => {
    order.push('prune')
    return dropped
  })
  for (let at = 0; at < 5; at++) {
    await appendAll(store, [entry()])
    order.push('append')
  }
  expect(await pruned).toBe(4_000)
  expect(order.indexOf('prune')).toBeGreaterThan(1)
})

test('[SQ9] streams and cursors that nobody uses go, and their epoch never comes back', async () => {
  const { file } = temporaryFile()
  const desk = openDesk(file, { maxAgeMs: 10 * DAY_MS, maxAwayMs: 20 * DAY_MS })
  desk.append([entry({ stream: stream('old') })])
  const store = openStore(file)
  const heads = await store.heads([stream('old'), stream('unknown')])
  const move = (user: string): void =>
    desk.move([{ user, device: '', stream: stream('old'), to: heads[0] ?? null }])
  move('bob')
  desk.now += 15 * DAY_MS
  move('alice')
  desk.prune()
  const rows = look(file)
  expect(rows('SELECT name FROM streams')).toEqual([['old']])
  desk.now += 10 * DAY_MS
  desk.prune()
  expect(rows('SELECT user FROM cursors')).toEqual([['alice']])
  desk.now += 20 * DAY_MS
  desk.prune()
  for (const table of ['streams', 'cursors', 'items', 'graves'])
    expect(rows(`SELECT * FROM ${table}`)).toEqual([])
  const [again, unknown] = await store.heads([stream('old'), stream('unknown')])
  expect(again).toEqual({ epoch: expect.any(String), offset: 0 })
  expect(again?.epoch).not.toBe(heads[0]?.epoch)
  // The epochs of other streams that were never used are not touched.
  expect(bucketOf(stream('old'))).not.toBe(bucketOf(stream('unknown')))
  expect(unknown).toEqual(heads[1])
})

test('[SQ9] a cursor that is only asked for is used, and costs one write a day', async () => {
  const { file } = temporaryFile()
  const desk = openDesk(file, { maxAgeMs: 10 * DAY_MS, maxAwayMs: 20 * DAY_MS })
  desk.append([entry()])
  const store = openStore(file)
  const [head] = await store.heads([stream()])
  const [asker, silent] = ['asker', 'silent'].map((user) => ({ user, device: '', stream: stream() }))
  if (head === undefined || asker === undefined || silent === undefined) throw new Error('nothing to ask for')
  desk.move([asker, silent].map((one) => ({ ...one, to: head })))
  const rows = look(file)
  const moved = (): unknown => rows(`SELECT moved FROM cursors WHERE user = 'asker'`)
  for (let day = 0; day < 30; day++) {
    const before = moved()
    expect(desk.ask([{ ...asker, start: null }])).toEqual([head])
    expect(moved()).toEqual(before)
    desk.now += DAY_MS + 1
    expect(desk.ask([{ ...asker, start: day % 2 === 0 ? null : head }])).toEqual([head])
    expect(moved()).toEqual([[desk.now]])
    desk.prune()
  }
  expect(rows('SELECT user FROM cursors')).toEqual([['asker']])
  // Its stream, which has held nothing for long, goes after it, and a question does not bring it back.
  expect(rows('SELECT count(*) FROM streams')).toEqual([[1]])
  desk.now += 24 * DAY_MS
  desk.prune()
  expect(desk.ask([{ ...asker, start: null }])).toEqual([null])
  for (const table of ['streams', 'cursors']) expect(rows(`SELECT * FROM ${table}`)).toEqual([])
})

test('[SQ9] what the store is asked for is noted in the file by itself', async () => {
  const { file } = temporaryFile()
  const store = openStore(file)
  const [written] = await appendAll(store, [entry()])
  const question = { subscriber: { user: 'alice', device: null }, stream: stream(), start: null }
  const to = { epoch: written?.epoch ?? '', offset: 1 }
  await store.moveCursors([{ ...question, to }])
  const db = new Database(file)
  onTestFinished(() => void db.close())
  for (const start of [null, to]) {
    db.exec(`UPDATE cursors SET moved = 1`)
    expect(await store.cursors([{ ...question, start }])).toEqual([to])
    await until(() => db.prepare('SELECT * FROM cursors WHERE moved > 1').all().length === 1, 'the note')
  }
})

test('[SQ9] with maxAwayMs Infinity nobody is forgotten', () => {
  const { file } = temporaryFile()
  const desk = openDesk(file, { maxAgeMs: DAY_MS, maxAwayMs: Number.POSITIVE_INFINITY })
  const [written] = desk.append([entry()])
  const to = { epoch: written?.outcome === 'written' ? written.epoch : '', offset: 1 }
  desk.move([{ user: 'alice', device: '', stream: stream(), to }])
  desk.now += 10_000 * DAY_MS
  expect(desk.prune()).toBe(1)
  const rows = look(file)
  expect(rows('SELECT user FROM cursors')).toEqual([['alice']])
  expect(rows('SELECT name FROM streams')).toEqual([['devops']])
})

test('[SQ9] a large table of cursors is gone through over several prunes', () => {
  const { file } = temporaryFile()
  const desk = openDesk(file, { maxAgeMs: DAY_MS, maxAwayMs: DAY_MS })
  desk.append([entry()])
  const db = new Database(file)
  db.exec(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000)
    INSERT INTO cursors SELECT 'user' || i, 1, '', 'e', 1, 0 FROM n`)
  db.close()
  const rows = look(file)
  const left = (): unknown => (rows('SELECT count(*) FROM cursors') as [[number]])[0][0]
  desk.prune()
  expect(left()).toBe(5_000)
  desk.prune()
  expect(left()).toBe(0)
})

test('[SQ10] a clear is one short step, however much there was, and its rows go afterwards', () => {
  const { file } = temporaryFile()
  const desk = openDesk(file)
  desk.append(entries(1_000))
  desk.clear(stream())
  const rows = look(file)
  expect(rows('SELECT count(*) FROM items')).toEqual([[1_000]])
  desk.append(entries(3))
  desk.prune()
  expect(rows('SELECT count(*) FROM items')).toEqual([[3]])
  expect(SWEEP_PARTS[0]).toBe('graves')
})

test('[SQ10] of a forgotten user nothing is left in the file when the promise resolves', async () => {
  const { file } = temporaryFile()
  const store = openStore(file)
  const own = stream('secret-user', 'user')
  const { epoch } = (await appendAll(store, [...entries(600, { stream: own }), entry()]))[0] ?? { epoch: '' }
  const subscriber = { user: 'secret-user', device: 'phone' }
  await store.moveCursors([{ subscriber, stream: own, to: { epoch, offset: 3 } }])
  await store.forget('/', 'secret-user')
  const rows = look(file)
  expect(rows('SELECT count(*) FROM items')).toEqual([[1]])
  expect(rows('SELECT name FROM streams')).toEqual([['devops']])
  expect(rows('SELECT * FROM cursors')).toEqual([])
})
