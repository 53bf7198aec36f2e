import { performance } from 'node:perf_hooks'
import { nextTurn } from '@carillon/testkit'
import Database from 'libsql'
import { expect, onTestFinished, test } from 'vitest'
import { appendAll, entries, entry } from './entries.ts'
import { openStore, temporaryFile } from './open.ts'

const COMMITS = 300

test('[SQ19] the event loop turns while the writer waits for a lock as while it waits for the disk', async () => {
  const { file } = temporaryFile()
  const store = openStore(file)
  await appendAll(store, [entry()])
  const db = new Database(file)
  onTestFinished(() => void db.close())
  // A driver on this thread would wait for a lock that only this thread can let go.
  db.exec('BEGIN IMMEDIATE')
  let isDone = false
  const appended = store.append(entries(50)).then((outcomes) => {
    isDone = true
    return outcomes
  })
  for (let turn = 0; turn < 200; turn++) await nextTurn()
  expect(isDone).toBe(false)
  db.exec('COMMIT')
  expect((await appended).every(({ outcome }) => outcome === 'written')).toBe(true)
})

test('[SQ19] what a commit costs this thread is a fraction of what a driver on it would cost', async () => {
  const { file } = temporaryFile()
  const store = openStore(file)
  await appendAll(store, entries(50))
  const held = await holding(async () => {
    for (const one of entries(COMMITS)) await appendAll(store, [one])
  })
  const db = blockingDriver(`${file}.other`)
  const heldByDriver = await holding(async () => {
    for (const one of entries(COMMITS)) {
      db.append([one])
      await nextTurn()
    }
  })
  expect(held, `${held} ms, and ${heldByDriver} ms with a driver on the thread`).toBeLessThan(
    heldByDriver / 2,
  )
})

/** Milliseconds for which this thread did something other than wait for events. */
async function holding(work: () => Promise<void>): Promise<number> {
  const before = performance.eventLoopUtilization()
  await work()
  return performance.eventLoopUtilization(before).active
}

/** The same log, as plainly as can be, on this thread. */
function blockingDriver(file: string): { append(group: ReturnType<typeof entries>): void } {
  const db = new Database(file)
  onTestFinished(() => void db.close())
  db.exec(`
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE items (seq INTEGER PRIMARY KEY, key TEXT UNIQUE, id TEXT, hash TEXT, content TEXT)`)
  const insert = db.prepare('INSERT INTO items (key, id, hash, content) VALUES (?, ?, ?, ?)')
  return {
    append(group) {
      db.exec('BEGIN IMMEDIATE')
      for (const { key, id, hash, content } of group) insert.run(key, id, hash, JSON.stringify(content))
      db.exec('COMMIT')
    },
  }
}
