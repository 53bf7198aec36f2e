import type { NewEntry } from '@carillon/store'
import Database from 'libsql'
import { expect, test } from 'vitest'
import { appendAll, codeOf, entries, entry, offsetsOf, readAll, stream, upTo } from './entries.ts'
import { openStore, temporaryFile } from './open.ts'

/** As a caller without types would give it. */
function wrong(change: Readonly<Record<string, unknown>>): NewEntry {
  return Object.assign(entry(), change)
}

const circular: Record<string, unknown> = {}
circular.self = circular
const content = (data: unknown): unknown => ({ ...entry().content, data })

test.each([
  ['a boolean, on which the driver would end the process', () => wrong({ id: true })],
  ['no text', () => wrong({ sender: undefined })],
  ['NUL in a key', () => entry({ key: 'a\0b' })],
  ['NUL in a name', () => entry({ stream: stream('a\0b') })],
  ['half a character', () => entry({ stream: stream('a\ud800') })],
  ['a cycle', () => wrong({ content: content(circular) })],
  ['a number that JSON does not know', () => wrong({ content: content({ big: 1n }) })],
  ['a lifetime that is no number', () => wrong({ ttlMs: Number.NaN })],
  ['a size that is no number', () => wrong({ bytes: 'many' })],
])('[SQ4] what the database cannot hold is refused, its neighbours are not: %s', async (_, poison) => {
  const store = openStore(temporaryFile().file)
  const outcomes = await store.append([entry(), poison(), entry()])
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['written', 'refused', 'written'])
  expect(codeOf(outcomes[1])).toBe('BAD_ENTRY')
  expect(offsetsOf((await readAll(store)).items)).toEqual([1, 2])
})

test('[SQ4] text that only the content may have comes back as it was', async () => {
  const store = openStore(temporaryFile().file)
  const odd = { ...entry().content, title: 'a\0b', message: 'half \ud83d', data: { '\0': '\udc00' } }
  await appendAll(store, [entry({ content: odd })])
  expect((await readAll(store)).items[0]?.content).toEqual(odd)
})

test('[SQ4] what cannot be asked rejects, and nothing is taken for another name', async () => {
  const store = openStore(temporaryFile().file)
  await appendAll(store, [entry({ stream: stream('a\ufffd') }), entry({ stream: stream('a') })])
  for (const name of ['a\ud800', 'a\0b']) {
    const subscriber = { user: 'u', device: null }
    const bad = { code: 'BAD_ENTRY' }
    await expect(readAll(store, stream(name))).rejects.toMatchObject(bad)
    await expect(store.heads([stream(name)])).rejects.toMatchObject(bad)
    await expect(store.clear(stream(name))).rejects.toMatchObject(bad)
    await expect(store.moveCursors([{ subscriber, stream: stream(name), to: null }])).rejects.toMatchObject(
      bad,
    )
    await expect(store.forget('/', name)).rejects.toMatchObject(bad)
    await expect(store.forget('/', name, stream())).rejects.toMatchObject(bad)
    for (const scope of ['/', '/x'])
      await expect(store.forget('/', 'u', { ...stream(name), scope })).rejects.toMatchObject(bad)
  }
})

/** Makes the database itself fail on some rows, as a check of an operator or a damaged page would. */
function plant(file: string, reaction: 'ABORT' | 'ROLLBACK'): void {
  const db = new Database(file)
  db.exec(`CREATE TRIGGER poison BEFORE INSERT ON items WHEN NEW.key LIKE 'poison%'
    BEGIN SELECT RAISE(${reaction}, 'planted'); END`)
  db.close()
}

test('[SQ5] a row that the database refuses fails alone', async () => {
  const { file } = temporaryFile()
  const store = openStore(file)
  await store.durability()
  plant(file, 'ABORT')
  const outcomes = await store.append([entry(), entry({ key: 'poison' }), entry()])
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['written', 'refused', 'written'])
  expect(offsetsOf((await readAll(store)).items)).toEqual([1, 2])
})

test('[SQ5] a row that takes the transaction down with it fails alone', async () => {
  const { file } = temporaryFile()
  const store = openStore(file)
  await store.durability()
  plant(file, 'ROLLBACK')
  const calls = Array.from({ length: 20 }, (_, at) =>
    store.append(at === 7 ? [entry(), entry({ key: 'poison' }), entry()] : entries(2)),
  )
  const outcomes = await Promise.all(calls)
  expect(outcomes[7]?.map(({ outcome }) => outcome)).toEqual(['written', 'refused', 'written'])
  expect(codeOf(outcomes[7]?.[1])).toMatch(/^SQLITE_CONSTRAINT/)
  expect(outcomes.flat().filter(({ outcome }) => outcome === 'written')).toHaveLength(40)
  expect(offsetsOf((await readAll(store)).items)).toEqual(upTo(40))
})
