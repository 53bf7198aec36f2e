import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'tsup'
import { afterAll, beforeAll, expect, test } from 'vitest'
import config from '../tsup.config.ts'

// Inside the package, so that socket.io and ws are found; what it keeps on disk lies beside it.
const folder = new URL('../node_modules/.cache/bench-test/', import.meta.url)
const outDir = fileURLToPath(new URL('dist', folder))
const sqlite = new URL('../../store-sqlite/', import.meta.url)
const server = new URL('../../server/', import.meta.url)
/** What only one of the packages depends on is found from there. */
const FOUND_FROM = { libsql: sqlite, 'rate-limiter-flexible': server }

beforeAll(async () => {
  const { entry } = config as { entry: Record<string, string> }
  await build({
    ...config,
    config: false,
    silent: true,
    outDir,
    // The thread of the SQLite store is a file beside the one that starts it.
    entry: { ...entry, worker: fileURLToPath(new URL('src/worker/worker.ts', sqlite)) },
    // From sources: tests need no build.
    external: ['socket.io', 'ws'],
    noExternal: [/^@carillon\//],
    esbuildOptions: (options) => {
      options.conditions = ['carillon-source']
    },
    esbuildPlugins: [
      {
        name: 'dependencies of the packages are found from there only',
        setup({ onResolve }) {
          for (const [name, place] of Object.entries(FOUND_FROM)) {
            const path = createRequire(new URL('package.json', place)).resolve(name)
            onResolve({ filter: new RegExp(`^${name}$`) }, () => ({
              path: pathToFileURL(path).href,
              external: true,
            }))
          }
        },
      },
    ],
  })
}, 30_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

test.each([
  ['send', [/1 in flight: latency p50 .*×.*at most 1\.30×/, /64 in flight: server CPU per send .*µs/]],
  [
    'storm',
    // What is compared is as long on both sides.
    ['connection-confirmed', 'channel-joined'].map(
      (event) => new RegExp(`frame of .${event}.*\\*\\*(0\\.9[5-9]|1\\.0[0-4])×`),
    ),
  ],
  [
    'sqlite',
    [/memory +\| SQLite /, /sends per second; .*at least 0\.80×/, /event-loop delay p99.*at most 1\.00×/],
  ],
  [
    'replay',
    [/recovery +\| Carillon /, /v2 clients: server CPU.*at most 0\.50×/, /stock clients: .*at most 1\.00×/],
  ],
  ['deep', [/on the memory store/, /100 +\| 1,000 /, /on SQLite/, /latency p50 .*at most 1\.20×/]],
  [
    'hostile',
    [/an address of its own/, /alone +\| beside them/, /from one address/, /everybody p99 .*at most 2\.00×/],
  ],
])(
  '[BN5] a quick run of %s finds every frame right and prints its table',
  async (name, patterns) => {
    const args = [`${outDir}/main.js`, '--quick', '--only', name]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    for (const pattern of patterns) expect(stdout).toMatch(pattern)
  },
  30_000,
)
