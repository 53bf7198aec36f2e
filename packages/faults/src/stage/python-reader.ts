import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { channelStream, ServerEvent } from '@carillon/protocol'
import { deferred, within } from '@carillon/testkit'
import { canUse } from '@carillon/testkit/servers'
import { createBook, type Heard, type LiveReader } from './live-reader.ts'
import { type Line, START_MS } from './readers.ts'

/** The system's own: others do not see Debian's packages. */
const PYTHON = '/usr/bin/python3'
const COMMAND = 'apt-get install -y --no-install-recommends python3-socketio python3-aiohttp'
const SCRIPT = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? './python_reader.py' : '../src/stage/python_reader.py',
    import.meta.url,
  ),
)

/** Where there is no Python client, a run goes on without it, and says so. */
export function canReadWithPython(): boolean {
  const isFound = spawnSync(PYTHON, ['-c', 'import socketio, aiohttp']).status === 0
  return canUse('The Python client', isFound, COMMAND)
}

/** Reads with a client of another family, which shares no code with ours. */
export async function readPython({ url, user }: Line, channel: string): Promise<LiveReader> {
  const child = spawn(PYTHON, [SCRIPT, url, user, channel], { env: { ...process.env, PYTHONUTF8: '1' } })
  const stream = channelStream(channel)
  const book = createBook(stream)
  const joined = deferred<void>()
  const errors: string[] = []
  let isJoined = false
  createInterface(child.stdout).on('line', (text) => {
    const heard: Heard = JSON.parse(text)
    book.hear(heard)
    if (heard.event === 'disconnect') isJoined = false
    if (heard.event !== ServerEvent.ChannelJoined) return
    isJoined = true
    joined.resolve()
  })
  child.stderr.on('data', (data) => errors.push(String(data)))
  child.once('exit', (code) => joined.reject(new Error(`${PYTHON} ended with ${code}: ${errors.join('')}`)))
  await within(joined.promise, START_MS, `${user} joins`)
  return {
    record: { client: `${user} (python)`, stream, joinedAt: null, seen: book.seen, kind: 'stock' },
    reached: book.reached,
    losses: book.losses,
    isConnected: () => isJoined,
    close: () => void child.kill('SIGKILL'),
  }
}
