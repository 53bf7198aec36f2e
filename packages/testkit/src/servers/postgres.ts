import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { within } from '../until.ts'

/** What brings the server where it is missing. */
export const POSTGRES_COMMAND = 'apt-get install -y --no-install-recommends postgresql'

export interface PostgresOptions {
  /** Settings beside those that a test always wants, for instance `{ synchronous_commit: 'off' }`. */
  readonly settings?: Readonly<Record<string, string>>
  /** Listens on 127.0.0.1 as well, for a proxy between a store and its database. @default false */
  readonly tcp?: boolean
}

/** A private instance of PostgreSQL with data of its own. */
export interface PostgresServer {
  /** Leads to the database `postgres` through the Unix socket. */
  readonly url: string
  /** On 127.0.0.1; `null` without `tcp`. */
  readonly port: number | null
  /** Makes an empty database and resolves to its URL. */
  createDatabase(): Promise<string>
  /** Runs SQL as the superuser, by default in the database `postgres`, and resolves to what psql prints. */
  sql(text: string, url?: string): Promise<string>
  /** Ends every connection and the server in good order; `immediate` leaves the recovery to the next start. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>
  /** SIGKILL for the server and every process of it, as an out-of-memory killer would. */
  kill(): Promise<void>
  /** The same data again, with other settings if some are given. */
  start(settings?: PostgresOptions['settings']): Promise<void>
  /** Ends the server and removes its data. Twice is harmless. */
  close(): Promise<void>
}

const SUPERUSER = 'postgres'
/** The Unix socket is a file in a folder of ours: nobody else's port is in the way. */
const SOCKET_PORT = 5432
const DEBIAN_FOLDER = '/usr/lib/postgresql'
const LIMIT_MS = 60_000
const READY = 'database system is ready to accept connections'
const run = promisify(execFile)

/** The folder with the programs of the newest PostgreSQL of this machine. */
export function findPostgres(): string | null {
  const versions = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER) : []
  const folders = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(DEBIAN_FOLDER, version, 'bin'))
  const onPath = (process.env.PATH ?? '').split(':').filter((folder) => folder !== '')
  return [...folders, ...onPath].find((folder) => existsSync(join(folder, 'initdb'))) ?? null
}

/** Makes and starts an instance; it ends with this process at the latest, however that ends. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const programs = findPostgres()
  if (programs === null) throw new Error(`PostgreSQL is not installed: ${POSTGRES_COMMAND}`)
  const folder = mkdtempSync(join(tmpdir(), 'carillon-postgres-'))
  const owner = ownerOf()
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid)
  const data = join(folder, 'data')
  const locale = ['--encoding=UTF8', '--locale=C']
  const init = ['-D', data, '-U', SUPERUSER, '-A', 'trust', '--no-sync', ...locale]
  await run(join(programs, 'initdb'), init, { ...owner, cwd: folder })
  const port = options.tcp === true ? await freePort() : null

  const urlOf = (database: string): string =>
    `postgresql://${SUPERUSER}@localhost:${port ?? SOCKET_PORT}/${database}?host=${encodeURIComponent(folder)}`
  const url = urlOf('postgres')
  let settings = options.settings ?? {}
  let running: Running | null = null
  let databases = 0
  let isClosed = false

  async function sql(text: string, at = url): Promise<string> {
    const { stdout } = await run(join(programs ?? '', 'psql'), [
      '-XAtq',
      '-v',
      'ON_ERROR_STOP=1',
      '-c',
      text,
      at,
    ])
    return stdout.trim()
  }

  async function end(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    const server = running
    running = null
    if (server === null) return
    server.child.kill(signal)
    await within(server.exited, LIMIT_MS, 'the end of PostgreSQL')
    server.guard.kill('SIGKILL')
  }

  const server: PostgresServer = {
    url,
    port,
    sql,
    async createDatabase() {
      const name = `test_${++databases}`
      await sql(`create database ${name}`)
      return urlOf(name)
    },
    stop: (mode = 'fast') => end(mode === 'fast' ? 'SIGINT' : 'SIGQUIT'),
    async kill() {
      const killed = running
      running = null
      if (killed === null) return
      // Without its head a server process would still finish what it is at.
      killed.child.kill('SIGSTOP')
      for (const pid of childrenOf(killed.child.pid)) killIfThere(pid)
      killed.child.kill('SIGKILL')
      await within(killed.exited, LIMIT_MS, 'the end of PostgreSQL')
      killed.guard.kill('SIGKILL')
    },
    async start(changed) {
      if (running !== null) throw new Error('PostgreSQL is running already')
      settings = changed ?? settings
      running = await launch(join(programs, 'postgres'), { folder, data, port, settings, owner })
    },
    async close() {
      if (isClosed) return
      isClosed = true
      await end('SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
  try {
    await server.start()
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  return server
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

interface Running {
  readonly child: ChildProcess
  readonly exited: Promise<unknown>
  readonly guard: ChildProcess
}

interface Launch {
  readonly folder: string
  readonly data: string
  readonly port: number | null
  readonly settings: Readonly<Record<string, string>>
  readonly owner: Owner | undefined
}

async function launch(program: string, { folder, data, port, settings, owner }: Launch): Promise<Running> {
  const all: Record<string, string> = {
    listen_addresses: port === null ? '' : '127.0.0.1',
    port: String(port ?? SOCKET_PORT),
    unix_socket_directories: folder,
    max_connections: '200',
    shared_buffers: '32MB',
    ...settings,
  }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(program, ['-D', data, ...flags], {
    ...owner,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = once(child, 'exit')
  let output = ''
  const ready = new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-10_000)
      if (output.includes(READY)) resolve()
    })
    void exited.then(() => reject(new Error(`PostgreSQL ended:\n${output}`)))
  })
  const guard = guardOf(child, folder)
  try {
    await within(ready, LIMIT_MS, 'PostgreSQL')
  } catch (error) {
    child.kill('SIGQUIT')
    guard.kill('SIGKILL')
    throw error
  }
  return { child, exited, guard }
}

/** A pipe breaks with the process that holds it, however that ends: then nobody is left who would stop the server. */
function guardOf(child: ChildProcess, folder: string): ChildProcess {
  const script = 'cat > /dev/null; kill -QUIT "$0" && rm -rf "$1"'
  const guard = spawn('sh', ['-c', script, String(child.pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.unref()
  if (guard.stdin instanceof Socket) guard.stdin.unref()
  return guard
}

/** PostgreSQL does not run as root. */
function ownerOf(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody')
  if (user === undefined)
    throw new Error('PostgreSQL does not run as root, and there is no user to run it as')
  return { uid: Number(user[2]), gid: Number(user[3]) }
}

function childrenOf(pid: number | undefined): number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return list === '' ? [] : list.split(' ').map(Number)
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** Below the range that outgoing connections are given their ports from. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const probe = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => resolve(true))
    })
    await new Promise((resolve) => probe.close(resolve))
    if (isFree) return port
  }
}
