import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canUse } from '@carillon/testkit/servers'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createDisk } from '../src/disk/disk.ts'
import { COMPILER_COMMAND, compileLibrary, findCompiler, type Library } from '../src/disk/library.ts'
import { chanceOf, mix } from '../src/disk/mix.ts'

const page = (fill: string): Buffer => Buffer.alloc(4096, fill)

describe('[SV1] what chance leaves of what was not synced:', () => {
  const draws = (synced: Buffer, written: Buffer): Buffer[] =>
    Array.from({ length: 50 }, (_, seed) => mix(synced, written, chanceOf(seed)))

  test('an overwritten page is old or new, each for itself', () => {
    const found = draws(Buffer.concat([page('a'), page('b')]), Buffer.concat([page('c'), page('d')]))
    const seen = new Set(
      found.map((one) => `${one.toString('utf8', 0, 1)}${one.toString('utf8', 4096, 4097)}`),
    )
    expect([...seen].sort()).toEqual(['ab', 'ad', 'cb', 'cd'])
    for (const one of found) expect(new Set(one.subarray(0, 4096)).size).toBe(1)
  })

  test('of what was appended a first part is there', () => {
    const written = Buffer.from('synced and appended')
    const found = draws(Buffer.from('synced'), written).map(String)
    for (const one of found) expect(String(written).startsWith(one)).toBe(true)
    expect(new Set(found.map(({ length }) => length)).size).toBeGreaterThan(5)
    expect(Math.min(...found.map(({ length }) => length))).toBeGreaterThanOrEqual('synced'.length)
  })

  test('a file that was cut may be as long as it was', () => {
    const found = new Set(draws(Buffer.from('long text'), Buffer.from('long')).map(String))
    expect([...found].sort()).toEqual(['long', 'long text'])
  })
})

describe.skipIf(!canUse('A C compiler', findCompiler() !== null, COMPILER_COMMAND))(
  '[SV2] a power loss',
  () => {
    let library: Library
    beforeAll(async () => {
      library = await compileLibrary()
    })
    afterAll(() => library.close())

    /** Runs a script under watch in a folder, and answers what is there after the power loss. */
    function lossAfter(script: string, prepare: (folder: string) => void = () => undefined) {
      const folder = mkdtempSync(join(tmpdir(), 'carillon-loss-'))
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
      prepare(folder)
      const disk = createDisk(folder, library)
      onTestFinished(() => disk.close())
      disk.begin()
      const helpers = `const { writeSync, fsyncSync, fdatasyncSync, openSync, renameSync, unlinkSync, mkdirSync, ftruncateSync, closeSync } = fs
      const write = (name, text) => { const fd = openSync(name, 'a+'); writeSync(fd, text); return fd }
      const syncFolder = (name) => { const fd = openSync(name, 'r'); fsyncSync(fd); closeSync(fd) }`
      execFileSync(process.execPath, ['-e', `${helpers}\n${script}`], {
        cwd: folder,
        env: { ...process.env, NODE_OPTIONS: '', ...disk.env },
      })
      disk.crash()
      disk.restore(null)
      return contentsOf(folder)
    }

    function contentsOf(folder: string): Record<string, string> {
      const names = readdirSync(folder, { recursive: true, withFileTypes: true })
      return Object.fromEntries(
        names
          .filter((entry) => entry.isFile())
          .map((entry) => {
            const path = join(entry.parentPath, entry.name)
            return [path.slice(folder.length + 1), readFileSync(path, 'utf8')]
          }),
      )
    }

    test('keeps what was synced and drops what was written after it', () => {
      const script = `const fd = write('a', 'one'); fsyncSync(fd); writeSync(fd, ' two'); fdatasyncSync(fd); writeSync(fd, ' three')`
      expect(lossAfter(script)).toEqual({ a: 'one two' })
    })

    test('drops a file that nobody synced, and gives back one that was deleted, renamed or cut', () => {
      const script = `write('new', 'text'); unlinkSync('deleted'); renameSync('old', 'renamed')
      ftruncateSync(openSync('cut', 'r+'), 1); openSync('emptied', 'w')`
      const there = { deleted: 'deleted', old: 'old', cut: 'cut', emptied: 'emptied' }
      const prepare = (folder: string): void => {
        for (const [name, text] of Object.entries(there)) writeFileSync(join(folder, name), text)
      }
      expect(lossAfter(script, prepare)).toEqual(there)
    })

    test('keeps a new name once the folder was synced, without content that was not', () => {
      const script = `write('new', 'text'); renameSync('old', 'renamed'); syncFolder('.')`
      const prepare = (folder: string): void => writeFileSync(join(folder, 'old'), 'old')
      expect(lossAfter(script, prepare)).toEqual({ new: '', renamed: 'old' })
    })

    test('finds a file again that was synced in a folder that was not', () => {
      const script = `mkdirSync('deep/er', { recursive: true }); fsyncSync(write('deep/er/a', 'text')); write('deep/b', 'text')`
      expect(lossAfter(script)).toEqual({ 'deep/er/a': 'text' })
    })

    test('does not take a file for another one that had its number before', () => {
      const script = `for (let n = 0; n < 20; n++) {
      const fd = write('a', 'synced ' + n); fsyncSync(fd); closeSync(fd); unlinkSync('a'); syncFolder('.')
      closeSync(write('a', 'not synced')); syncFolder('.')
      if (n < 19) unlinkSync('a')
    }`
      expect(lossAfter(script)).toEqual({ a: '' })
    })

    test('keeps what a process with the file open for writing alone has synced, and holes', () => {
      const script = `const fd = openSync('a', 'w'); writeSync(fd, 'x', 200_000); fsyncSync(fd)`
      expect(lossAfter(script)).toEqual({ a: `${'\0'.repeat(200_000)}x` })
    })

    test('leaves what lies elsewhere alone', () => {
      const script = `const fd = write('../' + process.pid, 'x'); fsyncSync(fd); unlinkSync('../' + process.pid)`
      const prepare = (folder: string): void => mkdirSync(join(folder, 'empty'))
      expect(lossAfter(script, prepare)).toEqual({})
    })
  },
)
