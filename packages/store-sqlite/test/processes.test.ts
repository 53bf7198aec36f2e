import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '@carillon/testkit'
import Database from 'libsql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Build, buildStore } from './build.ts'
import { type Fact, startChild } from './child.ts'
import { appendAll, entry, offsetsOf, readAll, upTo } from './entries.ts'
import { openStore, temporaryFile } from './open.ts'

let built: Build
beforeAll(async () => {
  built = await buildStore()
}, 60_000)
afterAll(() => built.remove())

const writtenBy = (facts: readonly Fact[]): Fact[] => facts.filter(({ outcome }) => outcome === 'written')

test('[SQ20] [R28] twenty processes that open an empty file at once make one database', {
  timeout: 90_000,
}, async () => {
  const { file } = temporaryFile()
  const children = upTo(20).map((run) => startChild(built.esm, file, 'race', { run, count: 2 }))
  expect(await Promise.all(children.map(({ ended }) => ended))).toEqual(children.map(() => 0))
  const written = writtenBy(children.flatMap(({ facts }) => facts))
  expect(written.map(({ offset = 0 }) => offset).sort((a, b) => a - b)).toEqual(upTo(40))
  expect(new Set(written.map(({ epoch }) => epoch)).size).toBe(1)
})

test('[SQ20] two processes and this one race: every offset once, none left out', {
  timeout: 60_000,
}, async () => {
  const { file } = temporaryFile()
  const store = openStore(file, { busyTimeoutMs: 20_000 })
  const children = ['a', 'b'].map((run) => startChild(built.esm, file, 'race', { run, count: 150 }))
  const own: number[] = []
  for (let at = 0; at < 100; at++)
    own.push(...(await appendAll(store, [entry()])).map(({ offset }) => offset))
  expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0])
  const others = writtenBy(children.flatMap(({ facts }) => facts)).map(({ offset = 0 }) => offset)
  expect([...own, ...others].sort((a, b) => a - b)).toEqual(upTo(400))
  expect(offsetsOf((await readAll(store)).items)).toEqual(upTo(400))
})

test('[SQ21] kill -9 again and again: what was confirmed is there, once, and no offset is left out', {
  timeout: 90_000,
}, async () => {
  const { file } = temporaryFile()
  const confirmed = new Map<string, Fact>()
  let again: string[] = []
  for (let run = 0; run < 8; run++) {
    const child = startChild(built.esm, file, 'flood', { run, again })
    await until(() => writtenBy(child.facts).length > again.length + 20 * run, 'receipts', 20_000)
    child.process.kill('SIGKILL')
    expect(await child.ended).toBe('SIGKILL')
    for (const fact of writtenBy(child.facts)) {
      const { key = '' } = fact
      const known = confirmed.get(key)
      if (known !== undefined) expect({ ...fact, duplicate: null }).toEqual({ ...known, duplicate: null })
      confirmed.set(key, fact)
    }
    // The last that were confirmed, and those that came after: whether they are there only the store knows.
    const last = Math.max(...writtenBy(child.facts).map(({ key = '' }) => Number(key.split('-')[1])))
    again = upTo(40).map((at) => `${run}-${Math.max(0, last - 20) + at}`)
  }
  const { items, head, base } = await readAll(openStore(file))
  expect({ head, base }).toEqual({ head: items.length, base: 0 })
  expect(offsetsOf(items)).toEqual(upTo(head))
  expect(new Set(items.map(({ id }) => id)).size).toBe(items.length)
  const byId = new Map(items.map((item) => [item.id, item.offset]))
  for (const { id = '', offset } of confirmed.values()) expect(byId.get(id)).toBe(offset)
  const db = new Database(file)
  expect(db.prepare('PRAGMA integrity_check').raw().all()).toEqual([['ok']])
  db.close()
})

test('[SQ22] a process with nothing to do any more ends, though the store is open and listens', async () => {
  const { file } = temporaryFile()
  const child = startChild(built.esm, file, 'leave')
  expect(await child.ended).toBe(0)
  expect(child.facts.at(-1)?.left).toBe(true)
})

test('[SQ22] a store that is never used keeps no process alive', async () => {
  expect(await startChild(built.esm, temporaryFile().file, 'idle').ended).toBe(0)
})

test('[SQ22] a process does not end before the append that is under way', async () => {
  const { file } = temporaryFile()
  const child = startChild(built.esm, file, 'hurry')
  expect(await child.ended).toBe(0)
  expect(writtenBy(child.facts)).toHaveLength(1)
})

test('[SQ23] the built package works from CommonJS as from ES modules', () => {
  const { folder, file } = temporaryFile()
  const lines = `
    const store = sqliteStore(${JSON.stringify(file)})
    store.durability().then(({ level }) => store.close().then(() => console.log(level)))`
  const cjs = join(folder, 'a.cjs')
  writeFileSync(cjs, `const { sqliteStore } = require(${JSON.stringify(built.cjs)})\n${lines}`)
  const esm = join(folder, 'a.mjs')
  writeFileSync(esm, `import { sqliteStore } from ${JSON.stringify(built.esm)}\n${lines}`)
  for (const script of [cjs, esm]) {
    // A host that was started with something of its own must not hand it on to the threads.
    const flags = ['--import', 'data:text/javascript,globalThis.hosts=1', '--max-old-space-size=200']
    expect(execFileSync(process.execPath, [...flags, script], { encoding: 'utf8' })).toBe('power\n')
  }
})
