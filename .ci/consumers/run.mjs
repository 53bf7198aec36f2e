// Packs the published packages, installs them into an empty project as a user would, and uses them from there.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = resolve(here, '../..')
const PACKAGES = ['protocol', 'store', 'store-sqlite', 'store-postgres', 'store-redis', 'server', 'client']
const MODULES = [
  { name: 'NodeNext ESM', module: 'NodeNext', resolution: 'NodeNext', file: 'types.mts' },
  { name: 'NodeNext CJS', module: 'NodeNext', resolution: 'NodeNext', file: 'types.cts' },
  { name: 'Bundler', module: 'ESNext', resolution: 'Bundler', file: 'types.mts' },
]

const project = mkdtempSync(join(tmpdir(), 'carillon-consumer-'))
try {
  install()
  run('node', ['esm.mjs'], 'ESM')
  run('node', ['cjs.cjs'], 'CJS')
  run('node', ['script-tag.mjs'], 'script tag')
  for (const variant of MODULES) checkTypes(variant)
  console.log('packed packages work from ESM, CJS, the script tag and TypeScript')
} finally {
  rmSync(project, { recursive: true, force: true })
}

function install() {
  const tarballs = join(project, 'tarballs')
  mkdirSync(tarballs)
  for (const name of PACKAGES) {
    const pack = [join(root, '.ci/pnpm.mjs'), '--dir', join(root, 'packages', name), 'pack']
    execFileSync('node', [...pack, '--pack-destination', tarballs], { cwd: root, stdio: 'ignore' })
  }
  for (const file of readdirSync(here)) if (file !== 'run.mjs') cpSync(join(here, file), join(project, file))
  // The same source, once as an ES module and once as CommonJS.
  cpSync(join(here, 'types.mts'), join(project, 'types.cts'))
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n')
  const files = readdirSync(tarballs).map((file) => `./tarballs/${file}`)
  if (files.length !== PACKAGES.length) throw new Error(`expected ${PACKAGES.length} tarballs, got ${files}`)
  const others = [
    'socket.io@4.8.4',
    'socket.io-client@4.8.4',
    'typescript@5.9.3',
    '@types/node@20',
    'playwright-core@1.65.1',
  ]
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', ...files, ...others], {
    cwd: project,
    stdio: 'inherit',
  })
}

function checkTypes({ name, module, resolution, file }) {
  const flags = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--types', 'node', '--target', 'ES2022']
  const tsc = join(project, 'node_modules/typescript/bin/tsc')
  run('node', [tsc, ...flags, '--module', module, '--moduleResolution', resolution, file], `types, ${name}`)
}

function run(command, args, name) {
  execFileSync(command, args, { cwd: project, stdio: 'inherit' })
  console.log(`ok  ${name}`)
}
