import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import type { NotificationStore, Written } from '@carillon/store'
import Database from 'libsql'
import { expect, onTestFinished, test } from 'vitest'
import { appendAll, codeOf, entries, entry, offsetsOf, readAll, upTo } from './entries.ts'
import { openStore, temporaryFile } from './open.ts'

const LARGE = 'x'.repeat(10_000)
const large = () => entry({ content: { ...entry().content, message: LARGE }, bytes: 10_000 })

/** Appends until there is no room. Returns what was confirmed and the code of the refusal. */
async function fill(store: NotificationStore, ttlMs: number | null = null) {
  const confirmed: Written[] = []
  for (;;) {
    const [outcome] = await store.append([{ ...large(), ttlMs }])
    if (outcome?.outcome === 'written') confirmed.push(outcome)
    else return { confirmed, outcome, code: codeOf(outcome) }
  }
}

/** What was confirmed is there, nothing else is, and the file is whole. */
async function expectIntact(
  file: string,
  store: NotificationStore,
  confirmed: readonly Written[],
): Promise<void> {
  const { items, head } = await readAll(store)
  expect(head).toBe(confirmed.length)
  expect(items.map(({ id }) => id)).toEqual(confirmed.map(({ id }) => id))
  const db = new Database(file)
  expect(db.prepare('PRAGMA integrity_check').raw().all()).toEqual([['ok']])
  db.close()
}

test('[SQ24] [R30] a file that may not grow: appends are refused, reads go on, and with room all goes on', async () => {
  const { file } = temporaryFile()
  const tight = openStore(file, { maxFileBytes: 400_000 })
  const { confirmed, outcome, code } = await fill(tight)
  expect(confirmed.length).toBeGreaterThan(5)
  expect(outcome?.outcome).toBe('refused')
  expect(code).toBe('SQLITE_FULL')
  await expectIntact(file, tight, confirmed)
  await tight.close()
  const roomy = openStore(file)
  confirmed.push(...(await appendAll(roomy, [large()])))
  await expectIntact(file, roomy, confirmed)
})

test('[SQ24] an entry for which there is no room does not keep a smaller one out', async () => {
  const store = openStore(temporaryFile().file, { maxFileBytes: 400_000 })
  await fill(store)
  // One that fits into the pages that are there already, in the same call and in one of its own.
  const outcomes = (
    await Promise.all([store.append([large(), entry(), large()]), store.append([entry()])])
  ).flat()
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['refused', 'written', 'refused', 'written'])
})

test('[SQ24] a prune makes room in a file that is full', async () => {
  const store = openStore(temporaryFile().file, { maxFileBytes: 400_000 })
  const { confirmed } = await fill(store, 1)
  expect(await store.prune()).toBe(confirmed.length)
  const again = await appendAll(store, entries(3))
  expect(offsetsOf(again)).toEqual(upTo(3).map((at) => confirmed.length + at))
})

test('[SQ24] [R30] a disk that is full, and has room again', async ({ skip }) => {
  const disk = mountSmallDisk()
  if (disk === null) return skip('nothing can be mounted here; to run it: as root')
  const { file, ballast } = disk
  const store = openStore(file)
  const { confirmed, outcome, code } = await fill(store)
  expect(confirmed.length).toBeGreaterThan(5)
  expect({ outcome: outcome?.outcome, code }).toEqual({ outcome: 'refused', code: 'SQLITE_FULL' })
  expect(offsetsOf((await readAll(store)).items)).toEqual(upTo(confirmed.length))
  rmSync(ballast)
  confirmed.push(...(await appendAll(store, [large()])))
  await expectIntact(file, store, confirmed)
})

/** A few megabytes in memory, less than half of them free, for this test; `null` where nothing may be mounted. */
function mountSmallDisk(): { readonly file: string; readonly ballast: string } | null {
  const { folder } = temporaryFile()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return null
  }
  // Lazily: the driver closes a file only when its statements are collected.
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]))
  const ballast = `${folder}/ballast`
  writeFileSync(ballast, Buffer.alloc(2_500_000))
  return { file: `${folder}/notifications.db`, ballast }
}
