import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { durabilityOf } from '../src/durability.ts'
import type { Facts } from '../src/messages.ts'
import { openStore, temporaryFile } from './open.ts'

const SAFE: Facts = { journalMode: 'wal', synchronous: 2, medium: 'disk' }
const SHARED_MEMORY = '/dev/shm'
const TMPFS = 0x01021994
const hasTmpfs = existsSync(SHARED_MEMORY) && statfsSync(SHARED_MEMORY).type === TMPFS

test('[SQ3] by default a confirmation survives a power cut, and the store says so', async () => {
  const { file } = temporaryFile()
  expect(await openStore(file).durability()).toEqual({
    level: 'power',
    sentence: `Notifications and cursors are kept in the SQLite file ${file}: a confirmation survives the end of the process and a power cut.`,
    warnings: [],
  })
})

test('[SQ3] synchronous: normal is honest about the power cut, and says what to set', async () => {
  const { file } = temporaryFile()
  const { level, sentence, warnings } = await openStore(file, { synchronous: 'normal' }).durability()
  expect(level).toBe('process')
  expect(sentence).toContain('but not that of the machine')
  expect(warnings).toEqual([expect.stringContaining("Set synchronous: 'full'.")])
})

test.runIf(hasTmpfs)('[SQ3] a file in memory does not survive the machine, whatever is set', async () => {
  const folder = mkdtempSync(`${SHARED_MEMORY}/carillon-sqlite-`)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const store = openStore(`${folder}/notifications.db`)
  const { level, warnings } = await store.durability()
  expect(level).toBe('process')
  expect(warnings).toEqual([expect.stringContaining('tmpfs')])
  await store.close()
})

const cases: [Partial<Facts>, 'power' | 'process', RegExp[]][] = [
  [{}, 'power', []],
  [{ synchronous: 3 }, 'power', []],
  [{ synchronous: 1 }, 'process', [/synchronous=normal: .* since the last checkpoint\. Set/]],
  [{ synchronous: 0 }, 'process', [/synchronous=off: .* damage the file\. Set/]],
  [{ synchronous: 1, journalMode: 'delete' }, 'process', [/damage the file/, /journal_mode=delete/]],
  [{ journalMode: 'delete' }, 'power', [/journal_mode=delete instead of wal: .*local file system/]],
  [{ medium: 'memory' }, 'process', [/Put it on a disk/]],
  [{ medium: 'network' }, 'power', [/network file system: .* Put it on a local disk/]],
]
test.each(cases)('[SQ3] what a setting takes away is told: %j', (change, level, warnings) => {
  const durability = durabilityOf({ ...SAFE, ...change }, '/a.db')
  expect(durability.level).toBe(level)
  expect(durability.warnings).toHaveLength(warnings.length)
  for (const [at, said] of warnings.entries()) expect(durability.warnings[at]).toMatch(said)
})
