import { renameSync } from 'node:fs'
import { onUnhandled, until } from '@carillon/testkit'
import Database from 'libsql'
import { expect, onTestFinished, test } from 'vitest'
import { appendAll, codeOf, entries, entry, offsetsOf, readAll, stream, upTo } from './entries.ts'
import { openStore, temporaryFile } from './open.ts'
import { watchWorkers } from './workers.ts'

/** Holds the write lock as another process would, until it is let go. */
function holdLock(file: string): () => void {
  const db = new Database(file, { timeout: 5_000 })
  onTestFinished(() => void db.close())
  db.exec('BEGIN IMMEDIATE')
  return () => void db.exec('COMMIT')
}

test('[SQ14] an append that the writer was lost with is unknown, and its key makes one item', async () => {
  const { file } = temporaryFile()
  const workers = watchWorkers()
  const store = openStore(file)
  await appendAll(store, [entry()])
  const given = entries(20)
  for (const [at, one] of given.entries()) {
    const pending = store.append([one])
    // Now before the commit, now after it, now in the middle.
    for (let turn = 0; turn < at % 7; turn++) await new Promise((resolve) => setImmediate(resolve))
    await workers.started.at(-1)?.terminate()
    const [outcome] = await pending
    expect(['written', 'unknown', 'refused']).toContain(outcome?.outcome)
    if (outcome?.outcome === 'refused') expect(await isThere(one.id)).toBe(false)
    await appendAll(store, [one])
  }
  async function isThere(id: string): Promise<boolean> {
    return (await readAll(openStore(file))).items.some((item) => item.id === id)
  }
  const { items } = await readAll(openStore(file))
  expect(offsetsOf(items)).toEqual(upTo(21))
  expect(items.slice(1).map(({ id }) => id)).toEqual(given.map(({ id }) => id))
})

test('[SQ14] what waits for the writer when it is lost: appends are unknown, the rest rejects, then all is well', async () => {
  const { file } = temporaryFile()
  const guard = onUnhandled()
  onTestFinished(() => guard.release())
  const workers = watchWorkers()
  const store = openStore(file)
  await appendAll(store, [entry()])
  const letGo = holdLock(file)
  const one = entry()
  const appended = store.append([one])
  const cleared = store.clear(stream('other'))
  const lost = { code: 'WORKER_LOST' }
  const rejected = expect(cleared).rejects.toMatchObject(lost)
  await workers.last('writer').terminate()
  const [outcome] = await appended
  expect(outcome?.outcome).toBe('unknown')
  expect(codeOf(outcome)).toBe('WORKER_LOST')
  await rejected
  letGo()
  const [written] = await appendAll(store, [one])
  expect(written).toMatchObject({ offset: 2, duplicate: false })
  await guard.check()
})

test('[SQ14] a reader that is lost rejects what waits, and is replaced', async () => {
  const workers = watchWorkers()
  const store = openStore(temporaryFile().file)
  await appendAll(store, entries(3))
  await readAll(store)
  const pending = readAll(store)
  const rejected = expect(pending).rejects.toMatchObject({ code: 'WORKER_LOST' })
  await Promise.all([rejected, workers.last('reader').terminate()])
  expect((await readAll(store)).head).toBe(3)
})

test('[SQ15] [R29] whoever waits too long for another writer is refused, and nothing of it appears', async () => {
  const { file } = temporaryFile()
  const store = openStore(file, { busyTimeoutMs: 300 })
  await appendAll(store, [entry()])
  const letGo = holdLock(file)
  const outcomes = (await Promise.all([store.append(entries(2)), store.append([entry()])])).flat()
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'refused'])
  expect(outcomes.map(codeOf)).toEqual(['SQLITE_BUSY', 'SQLITE_BUSY', 'SQLITE_BUSY'])
  await expect(store.clear(stream())).rejects.toMatchObject({ code: 'SQLITE_BUSY' })
  const subscriber = { user: 'u', device: null }
  await expect(store.moveCursors([{ subscriber, stream: stream(), to: null }])).rejects.toThrow('locked')
  // Who only reads waits for nobody.
  expect((await readAll(store)).head).toBe(1)
  letGo()
  expect((await appendAll(store, [entry()]))[0]?.offset).toBe(2)
})

test('[SQ16] a folder that goes away and comes back: calls fail, then work again, and nothing is lost', async () => {
  const guard = onUnhandled()
  onTestFinished(() => guard.release())
  const { folder, file } = temporaryFile()
  const store = openStore(file)
  await appendAll(store, entries(3))
  await readAll(store)
  renameSync(folder, `${folder}.away`)
  const [outcome] = await store.append([entry()])
  expect(outcome?.outcome).toBe('refused')
  await expect(readAll(store)).rejects.toMatchObject({ code: 'SQLITE_CANTOPEN' })
  renameSync(`${folder}.away`, folder)
  await appendAll(store, [entry()])
  expect(offsetsOf((await readAll(store)).items)).toEqual(upTo(4))
  await guard.check()
})

test('[SQ17] the database of another application, or of a newer release, is left alone', async () => {
  const { file } = temporaryFile()
  const db = new Database(file)
  onTestFinished(() => void db.close())
  db.exec('CREATE TABLE theirs (a)')
  expect(codeOf((await openStore(file).append([entry()]))[0])).toBe('FOREIGN_DATABASE')
  expect(db.prepare('SELECT name FROM sqlite_master').all()).toHaveLength(1)
  const later = `${file}.later`
  await openStore(later).durability()
  const ours = new Database(later)
  ours.exec('PRAGMA user_version = 1000')
  ours.close()
  const store = openStore(later)
  const newer = expect.objectContaining({
    name: 'NotificationsStoreError',
    code: 'NEWER_SCHEMA',
    message: expect.stringMatching(
      /^sqliteStore: the file has version 1000, but .* up to 1: install a newer/,
    ),
  })
  expect(await store.append([entry()])).toEqual([{ outcome: 'refused', cause: newer }])
  await expect(readAll(store)).rejects.toEqual(newer)
  await expect(store.durability()).rejects.toEqual(newer)
  await expect(store.prune()).rejects.toEqual(newer)
  const after = new Database(later)
  expect(after.prepare('PRAGMA user_version').raw().all()).toEqual([[1000]])
  // It works once the release fits.
  after.exec('PRAGMA user_version = 1')
  after.close()
  await appendAll(store, [entry()])
})

test('[SQ18] after close nothing more is done, and nothing is left open', async () => {
  const { file } = temporaryFile()
  const workers = watchWorkers()
  const store = openStore(file)
  await appendAll(store, entries(2_000, { stream: stream('other'), ttlMs: 1 }))
  const closed = { code: 'CLOSED' }
  const cutShort = expect(store.prune()).rejects.toMatchObject(closed)
  const underWay = [store.append([entry()]), readAll(store)] as const
  await Promise.allSettled([store.close(), store.close()])
  const [outcome] = await underWay[0]
  expect(outcome?.outcome).toBe('written')
  expect((await underWay[1]).items.length).toBeLessThanOrEqual(1)
  await cutShort
  expect(codeOf((await store.append([entry()]))[0])).toBe('CLOSED')
  await expect(readAll(store)).rejects.toMatchObject(closed)
  await expect(store.heads([])).rejects.toMatchObject(closed)
  await expect(store.cursors([])).rejects.toMatchObject(closed)
  await expect(store.moveCursors([])).rejects.toMatchObject(closed)
  await expect(store.prune()).rejects.toMatchObject(closed)
  await expect(store.clear(stream())).rejects.toMatchObject(closed)
  await expect(store.forget('/', 'u')).rejects.toMatchObject(closed)
  await expect(store.forget('/', 'u', stream())).rejects.toMatchObject(closed)
  await expect(store.durability()).rejects.toMatchObject(closed)
  store.listen?.({ onNews: () => undefined, onGap: () => undefined })()
  expect(workers.started).toHaveLength(2)
  await until(() => workers.started.every(({ threadId }) => threadId === -1), 'the threads have ended')
})
