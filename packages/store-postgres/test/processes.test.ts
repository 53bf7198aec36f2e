import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from '@carillon/testkit'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ALL, append, describePostgres, entry, offsets, range, stream } from './kit.ts'

const devops = stream('devops')
const PACKAGE = fileURLToPath(new URL('..', import.meta.url))

interface Child {
  readonly process: ChildProcess
  /** What it said was confirmed. */
  confirmed(): { offset: number; id: string }[]
  readonly ended: Promise<number | null>
}

function start(script: string, url: string, count: number): Child {
  const child = spawn(process.execPath, [script, url, String(count)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let complaints = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString()
  })
  const ended = once(child, 'close').then(() => {
    if (complaints !== '') throw new Error(complaints)
    return child.exitCode
  })
  const confirmed: Child['confirmed'] = () =>
    output
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' '))
      .map(([offset, id]) => ({ offset: Number(offset), id: id ?? '' }))
  return { process: child, ended, confirmed }
}

describePostgres('processes', ({ server, open }) => {
  let folder = ''
  let script = ''

  beforeAll(async () => {
    // Below the package, so that the bundle finds its driver as the sources do.
    const cache = join(PACKAGE, 'node_modules/.cache')
    mkdirSync(cache, { recursive: true })
    folder = mkdtempSync(join(cache, 'child-'))
    await build({
      configFile: false,
      logLevel: 'error',
      root: PACKAGE,
      ssr: {
        noExternal: [/^@carillon/],
        external: ['pg'],
        resolve: { conditions: ['carillon-source', 'node'] },
      },
      build: {
        ssr: 'test/child.ts',
        outDir: folder,
        rollupOptions: { output: { entryFileNames: 'child.mjs' } },
      },
    })
    script = join(folder, 'child.mjs')
  }, 30_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('[PG70] two processes that race have each offset once and none left out', async () => {
    const url = await server().createDatabase()
    const children = [start(script, url, 300), start(script, url, 300)]
    expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0])
    const confirmed = children.flatMap((child) => child.confirmed()).sort((a, b) => a.offset - b.offset)
    expect(confirmed.map(({ offset }) => offset)).toEqual(range(600))
    const { items } = await open(url).read(devops, ALL)
    expect(items.map(({ offset, id }) => ({ offset, id }))).toEqual(confirmed)
  })

  test('[PG71] what a process confirmed before it was killed is there, and the stream goes on', async () => {
    const url = await server().createDatabase()
    for (const round of range(3)) {
      const child = start(script, url, 1_000_000)
      await until(() => child.confirmed().length > 50 * round, 'the process is at work', 10_000)
      child.process.kill('SIGKILL')
      await child.ended
      const store = open(url)
      const page = await store.read(devops, ALL)
      expect(offsets(page)).toEqual(range(page.head))
      const there = new Map(page.items.map(({ id, offset }) => [id, offset]))
      for (const { id, offset } of child.confirmed()) expect(there.get(id)).toBe(offset)
      // What it was in the middle of is over soon: a lock of the dead holds up nobody.
      const [next] = await append(store, [entry(devops)])
      expect(next?.offset).toBeGreaterThan(page.head)
    }
  })
})
