import { nextTurn } from '@carillon/testkit'
import Database from 'libsql'
import { expect, onTestFinished, test } from 'vitest'
import { appendAll, entries, entry } from './entries.ts'
import { openStore, temporaryFile } from './open.ts'

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
