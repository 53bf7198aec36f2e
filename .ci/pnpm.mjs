// Runs the pnpm that package.json pins, so that a machine with only Node and npm can build the project.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const pkg = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const oldest = pkg.engines.node.replace('>=', '')

if (isOlder(process.versions.node, oldest)) {
  console.error(`Carillon needs Node ${oldest} or newer, this is Node ${process.versions.node}.`)
  process.exit(1)
}

const args = process.argv.slice(2)
const runningPnpm = /pnpm/.test(process.env.npm_config_user_agent ?? '')
  ? process.env.npm_execpath
  : undefined
const [command, ...before] = runningPnpm?.endsWith('js')
  ? [process.execPath, runningPnpm]
  : ['npx', '--yes', pkg.packageManager.split('+')[0]]
const result = spawnSync(command, [...before, ...args], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
})
if (result.error !== undefined) console.error(`Could not start pnpm: ${result.error.message}`)
process.exit(result.status ?? 1)

function isOlder(version, than) {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number))
  const at = a.findIndex((part, index) => part !== b[index])
  return at !== -1 && a[at] < b[at]
}
