import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const BINARY = 'redis-server'
const TOOL = 'redis-cli'

/** What brings the server to a Debian machine. */
export const REDIS_COMMAND = 'apt-get install -y --no-install-recommends redis-server'

export function isRedisFound(): boolean {
  return [BINARY, TOOL].every((name) =>
    (process.env.PATH ?? '').split(delimiter).some((dir) => runs(join(dir, name))),
  )
}

/** Settings of redis.conf by name, such as `{ appendonly: 'yes' }`. */
export type RedisSettings = Readonly<Record<string, string>>

/** A private server with data of its own. */
export interface RedisServer {
  /** Over TCP. */
  readonly url: string
  readonly port: number
  /** Path of the unix socket. */
  readonly socket: string
  /** Lets the server end in order. */
  stop(): Promise<void>
  /** Ends it with SIGKILL. */
  kill(): Promise<void>
  /** Starts it again, on the same port and data, perhaps with other settings. */
  start(changes?: RedisSettings): Promise<void>
  /** Stops it from answering, without ending it. */
  freeze(): void
  thaw(): void
  /** Runs redis-cli with these arguments. Resolves to what it printed. */
  cli(...args: string[]): Promise<string>
  /** Ends it and removes its data. */
  close(): Promise<void>
}

/** Nothing is written to disk, unless the settings say so. */
const SETTINGS: RedisSettings = { save: '', appendonly: 'no', bind: '127.0.0.1', 'protected-mode': 'no' }

const READY = 'Ready to accept connections'
const READY_MS = 10_000
const SLOTS_MS = 20_000

export async function startRedis(settings: RedisSettings = {}): Promise<RedisServer> {
  const dir = await mkdtemp(join(tmpdir(), 'carillon-redis-'))
  const port = await freePort()
  const socket = join(dir, 'redis.sock')
  const place = { port: String(port), unixsocket: socket, dir }
  let child: ChildProcess | null = null

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child
    child = null
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return
    const ended = new Promise((resolve) => ending.once('exit', resolve))
    ending.kill('SIGCONT')
    ending.kill(signal)
    await ended
  }

  const server: RedisServer = {
    url: `redis://127.0.0.1:${port}`,
    port,
    socket,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async start(changes = {}) {
      if (child !== null && child.exitCode === null) throw new Error('this Redis server is running')
      child = await launch({ ...SETTINGS, ...settings, ...changes, ...place })
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    cli: (...args) => runTool(port, args),
    async close() {
      await end('SIGKILL')
      await rm(dir, { recursive: true, force: true })
    },
  }
  try {
    await server.start()
  } catch (error) {
    await server.close()
    throw error
  }
  return server
}

/** Masters on this machine, without replicas. */
export interface RedisCluster {
  readonly nodes: readonly RedisServer[]
  close(): Promise<void>
}

/** @param settings of every node, besides what makes a cluster */
export async function startRedisCluster(settings: RedisSettings = {}): Promise<RedisCluster> {
  const nodes: RedisServer[] = []
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.close()))
  }
  try {
    for (let made = 0; made < 3; made++) {
      const busPort = await freePort()
      const own = {
        'cluster-enabled': 'yes',
        'cluster-port': String(busPort),
        'cluster-node-timeout': '2000',
      }
      nodes.push(await startRedis({ ...own, ...settings }))
    }
    const [first, ...others] = nodes
    if (first === undefined) throw new Error('no node was started')
    // The tool cannot name another bus port than the usual one: the nodes are joined by hand.
    const share = Math.ceil(16_384 / nodes.length)
    for (const [at, node] of nodes.entries())
      await node.cli(
        'cluster',
        'addslotsrange',
        String(at * share),
        String(Math.min((at + 1) * share, 16_384) - 1),
      )
    for (const other of others)
      await other.cli('cluster', 'meet', '127.0.0.1', String(first.port), await busPortOf(first))
    await Promise.all(nodes.map((node) => untilWhole(node, nodes.length)))
    return { nodes, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function busPortOf(node: RedisServer): Promise<string> {
  const [, port = ''] = (await node.cli('config', 'get', 'cluster-port')).split('\n')
  return port.trim()
}

async function untilWhole(node: RedisServer, size: number): Promise<void> {
  const deadline = Date.now() + SLOTS_MS
  for (;;) {
    const info = await node.cli('cluster', 'info')
    const known = (await node.cli('cluster', 'nodes')).split('\n')
    if (info.includes('cluster_state:ok') && known.length === size && known.every(isLinked)) return
    if (Date.now() > deadline) throw new Error(`the Redis cluster did not come together: ${info}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A node that is only known of yet gets nothing that is published. */
function isLinked(line: string): boolean {
  return line.includes(' connected ') && !line.includes('handshake')
}

async function runTool(port: number, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(TOOL, ['-e', '-h', '127.0.0.1', '-p', String(port), ...args])
  return stdout.trim()
}

function launch(settings: RedisSettings): Promise<ChildProcess> {
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
  const child = spawn(BINARY, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const watcher = watch(child, settings.dir ?? '')
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (why: string): void => {
      child.kill('SIGKILL')
      reject(new Error(`${BINARY} ${why}:\n${output}`))
    }
    const timer = setTimeout(() => fail(`was not ready within ${READY_MS} ms`), READY_MS)
    const onOutput = (chunk: Buffer): void => {
      // Only the start is of interest, but what comes later must be read, or the server would block.
      if (output.includes(READY)) return
      output += chunk
      if (!output.includes(READY)) return
      clearTimeout(timer)
      resolve(child)
    }
    child.stdout.on('data', onOutput)
    child.stderr.on('data', onOutput)
    child.once('error', () => fail('could not be started'))
    child.once('exit', () => {
      clearTimeout(timer)
      watcher.kill('SIGKILL')
      fail('ended')
    })
  })
}

/** Ends the server and its data when this process ends, in whatever way: its pipe is closed even by SIGKILL. */
function watch(server: ChildProcess, dir: string): ChildProcess {
  const script = 'read -r _; kill -9 "$0" 2>/dev/null; rm -rf -- "$1"'
  const watcher = spawn('sh', ['-c', script, String(server.pid), dir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watcher.on('error', () => undefined)
  watcher.unref()
  return watcher
}

/** Above, a port may be taken at any time by somebody's outgoing connection. */
const LAST_PORT = 32_767
const FIRST_PORT = 12_000

async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT))
    if (await isFree(port)) return port
  }
  throw new Error('no free port was found')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
