import { readFileSync } from 'node:fs'
import { nextTurn } from '@carillon/testkit'
import Database from 'libsql'
import { expect, onTestFinished, test } from 'vitest'
import { appendAll, entries, entry, offsetsOf, upTo, writtenOf } from './entries.ts'
import { openStore, temporaryFile } from './open.ts'

const LOG_HEADER = 32
const FRAME_HEADER = 24

/** Counts the commits in the write-ahead log: each is one wait for the disk. */
function commitsIn(file: string): number {
  const log = readFileSync(`${file}-wal`)
  const pageSize = log.readUInt32BE(8)
  const salt = log.subarray(16, 24)
  let commits = 0
  for (let at = LOG_HEADER; at + FRAME_HEADER <= log.length; at += FRAME_HEADER + pageSize) {
    // Frames of an earlier round of the log follow the last one of this.
    if (!log.subarray(at + 8, at + 16).equals(salt)) break
    if (log.readUInt32BE(at + 4) > 0) commits += 1
  }
  return commits
}

test('[SQ25] calls that wait for the writer share one commit, each with its own answer', async () => {
  const { file } = temporaryFile()
  const store = openStore(file)
  await appendAll(store, [entry({ key: 'known', hash: 'one' })])
  const db = new Database(file)
  onTestFinished(() => void db.close())
  db.exec('BEGIN IMMEDIATE')
  const first = store.append([entry()])
  // It waits for the lock; those of the next turns gather behind it.
  for (let turn = 0; turn < 20; turn++) await nextTurn()
  const calls = []
  for (let at = 0; at < 50; at++) {
    calls.push(store.append(at === 25 ? [entry({ key: 'known', hash: 'two' })] : [entry()]))
    await nextTurn()
  }
  const before = commitsIn(file)
  db.exec('COMMIT')
  const outcomes = (await Promise.all([first, ...calls])).flat()
  expect(outcomes.map(({ outcome }) => outcome).filter((it) => it !== 'written')).toEqual(['conflict'])
  const written = outcomes.filter(({ outcome }) => outcome === 'written')
  expect(offsetsOf(writtenOf(written))).toEqual(upTo(51).slice(1))
  // One, or two if the first was no longer to be joined.
  expect(commitsIn(file) - before).toBeGreaterThan(0)
  expect(commitsIn(file) - before).toBeLessThanOrEqual(2)
})

test('[SQ25] what changes nothing does not wait for the disk', async () => {
  const { file } = temporaryFile()
  const store = openStore(file)
  const given = entries(5)
  const [{ epoch, offset } = { epoch: '', offset: 0 }] = await appendAll(store, given)
  const question = { subscriber: { user: 'u', device: null }, stream: given[0]?.stream ?? entry().stream }
  const start = { epoch, offset }
  await store.cursors([{ ...question, start }])
  const before = commitsIn(file)
  const again = await appendAll(store, given)
  expect(again.every(({ duplicate }) => duplicate)).toBe(true)
  expect(await store.cursors([{ ...question, start: { epoch, offset: 3 } }])).toEqual([start])
  await store.moveCursors([{ ...question, to: start }])
  expect(await store.prune()).toBe(0)
  expect(commitsIn(file)).toBe(before)
})
