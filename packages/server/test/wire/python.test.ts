/*
 * An independent client from another world, python-socketio, plays the page's dialogue.
 * Ids: P-PYTHON
 */
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { deferred, within } from '@carillon/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, note, stage, stock } from './stage.ts'

/** The system's own Python: others do not see Debian's packages. */
const PYTHON = '/usr/bin/python3'
const SCRIPT = fileURLToPath(new URL('python_client.py', import.meta.url))
const isThere = spawnSync(PYTHON, ['-c', 'import socketio, aiohttp']).status === 0
const mayMiss = process.env.CI !== 'true' && !isThere

const HOW_TO = 'The Python client is missing: apt-get install python3-socketio python3-aiohttp'

if (mayMiss) console.warn(HOW_TO)

interface Line {
  readonly event?: string
  readonly ack?: string
  readonly step?: string
  readonly data?: unknown
}

/** Runs the script; what it prints is collected, `away` resolves when it is gone for a while. */
function runPython(url: string, transport: string) {
  const child = spawn(PYTHON, [SCRIPT, url, transport, 'guido'], { env: { ...process.env, PYTHONUTF8: '1' } })
  afterTest(() => child.kill('SIGKILL'))
  const lines: Line[] = []
  const errors: string[] = []
  const away = deferred<void>()
  createInterface(child.stdout).on('line', (text) => {
    const line: Line = JSON.parse(text)
    lines.push(line)
    if (line.step === 'away') away.resolve()
  })
  child.stderr.on('data', (data) => errors.push(String(data)))
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${PYTHON} ended with ${code}: ${errors.join('')}`))
    })
  })
  // A failure of the script is also a failure of the wait for it.
  ended.catch((error) => away.reject(error))
  return { lines, away: away.promise, ended, goOn: () => child.stdin.write('\n') }
}

const PLACE = { stream: 'c:devops', epoch: expect.any(String), offset: expect.any(Number) }

describe.skipIf(mayMiss).each(['websocket', 'polling'])('over %s', (transport) => {
  test('[P-PYTHON] the dialogue of the page, and what waited for somebody who was away', async () => {
    expect(isThere, HOW_TO).toBe(true)
    const { url, notifications } = await stage()
    const member = stock(url, { auth: { username: 'Alice' } })
    member.emit('join-channel', 'devops')
    await member.next('channel-joined')
    const python = runPython(url, transport)
    const alert = await within(
      Promise.race([
        member.next('notification-received', ({ title }) => title === 'Alerte CPU'),
        python.ended,
      ]),
      10_000,
      'the notification of the Python client',
    )
    expect(alert).toMatchObject({ sender: 'Guido', data: { host: 'prod-01', metric: 'cpu', value: 90 } })
    member.emit('send-notification', note('devops', 'Réponse'))
    await within(python.away, 10_000, 'the Python client goes away')
    for (const title of ['1', '2']) await notifications.send(note('devops', title))
    python.goOn()
    await within(python.ended, 10_000, 'the Python client ends')

    const heard = (name: string) => python.lines.filter(({ event }) => event === name).map(({ data }) => data)
    expect(heard('connection-confirmed')).toMatchObject([{ userId: 'guido' }, { userId: 'guido' }])
    expect(heard('channels-list')).toEqual([[{ name: 'devops', clientCount: 2 }]])
    expect(heard('notification-sent')[0]).toMatchObject({ channel: 'devops', ...PLACE })
    expect(heard('error-message')).toMatchObject([
      { errors: ["Le champ 'title' est obligatoire", "Le champ 'message' est obligatoire"] },
      { errors: ["Le champ 'message' est obligatoire"] },
    ])
    expect(python.lines.find(({ ack }) => ack !== undefined)?.data).toMatchObject({
      ok: false,
      code: 'field-required',
      retryable: false,
    })
    const [first, second] = heard('channel-joined')
    expect(first).toMatchObject({ message: 'Vous avez rejoint « devops »', clientCount: 2, pendingCount: 0 })
    expect(second).toMatchObject({ clientCount: 2, pendingCount: 4, recovered: true })
    const after = python.lines.slice(python.lines.findIndex(({ data }) => data === second) + 1)
    const replayed = after.filter(({ event }) => event === 'notification-received').map(({ data }) => data)
    expect(replayed).toMatchObject(
      ['Alerte CPU', 'Réponse', '1', '2'].map((title) => ({ title, channel: 'devops', replayed: true })),
    )
    expect(heard('channel-left')).toMatchObject([{ message: 'Vous avez quitté « devops »' }])
  }, 40_000)
})
