// Runs the worker from its TypeScript sources, for the tests of this repository: Node 20 cannot do that by itself.
// The published package has the worker built, and nothing of this.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const sources = readdirSync(join(here, 'src'), { recursive: true })
  .filter((path) => path.endsWith('.ts'))
  .sort()
  .map((path) => [path, readFileSync(join(here, 'src', path), 'utf8')])

const hash = createHash('sha256').update(JSON.stringify(sources)).digest('hex').slice(0, 16)
const cache = join(here, '.cache')
const target = join(cache, `worker-${hash}`)
if (!existsSync(target)) await build()
await import(pathToFileURL(join(target, 'worker.js')).href)

async function build() {
  const vite = await import('vite')
  // Several threads may do this at once: the folder appears in one step, and the first one wins.
  const draft = join(cache, `draft-${process.pid}-${Math.random()}`)
  await vite.build({
    root: here,
    configFile: false,
    logLevel: 'error',
    build: { ssr: 'src/worker/worker.ts', outDir: draft, target: 'node20', emptyOutDir: false },
  })
  const older = readdirSync(cache).filter((name) => name.startsWith('worker-') && !target.endsWith(name))
  for (const name of older) rmSync(join(cache, name), { recursive: true, force: true })
  try {
    renameSync(draft, target)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    if (!existsSync(target)) throw error
  }
}
