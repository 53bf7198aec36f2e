import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'tsup'
import { afterAll, expect, test } from 'vitest'
import config from '../tsup.config.ts'

// Inside the package, so that socket.io and ws are found.
const outDir = fileURLToPath(new URL('../node_modules/.cache/bench-test', import.meta.url))

afterAll(() => rm(outDir, { recursive: true, force: true }))

test('[BN5] a quick run against both servers finds every frame right and prints its table', async () => {
  await build({
    ...config,
    config: false,
    silent: true,
    outDir,
    // From sources: tests need no build.
    external: ['socket.io', 'ws'],
    noExternal: [/^@carillon\//],
    esbuildOptions: (options) => {
      options.conditions = ['carillon-source']
    },
  })
  const { stdout } = await promisify(execFile)(process.execPath, [
    `${outDir}/main.js`,
    '--quick',
    '--only',
    'send',
  ])
  expect(stdout).toMatch(/1 in flight: latency p50 .*×.*at most 1\.30×/)
  expect(stdout).toMatch(/64 in flight: server CPU per send .*µs/)
}, 30_000)
