import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { connectStock, deferred, until, within } from '@carillon/testkit'
import { type RunningExample, startExample } from '@carillon/testkit/examples'
import { io as io48 } from 'socket.io-client'
import { io as io45 } from 'socket.io-client-4.5'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

/* Clients that know nothing of Carillon play the dialogue of the protocol page against the running quickstart. */

let example: RunningExample

beforeAll(async () => {
  example = await startExample(import.meta.url)
})
afterAll(() => example.stop())

interface AnySocket {
  onAny(listener: (event: string, ...args: unknown[]) => void): unknown
  emit(event: string, ...args: unknown[]): unknown
  close(): unknown
}

type Payload = Record<string, unknown>

/** The client of the page's own sample, in either version of the library. */
function stockClient(version: string, transport: string, auth: object) {
  const options = { path: '/socket.io/', transports: [transport], forceNew: true, auth }
  const socket: AnySocket = version === '4.8' ? io48(example.url, options) : io45(example.url, options)
  onTestFinished(() => void socket.close())
  const heard: { event: string; payload: unknown }[] = []
  socket.onAny((event, payload) => heard.push({ event, payload }))
  const all = (event: string): unknown[] =>
    heard.filter((one) => one.event === event).map(({ payload }) => payload)
  const next = async (event: string, count = 1): Promise<Payload> => {
    await until(() => all(event).length >= count, `${event}, number ${count}`)
    return all(event)[count - 1] as Payload
  }
  return { emit: socket.emit.bind(socket), all, next }
}

describe.each([
  ['4.8', 'websocket'],
  ['4.8', 'polling'],
  ['4.5', 'websocket'],
  ['4.5', 'polling'],
])('socket.io-client %s over %s', (version, transport) => {
  test('[QS20] plays the dialogue of the page against the quickstart', async () => {
    const channel = `team-${version}-${transport}`
    const alice = stockClient(version, transport, { user_id: `user-${channel}`, username: 'Alice' })
    const guest = stockClient(version, transport, {})
    expect(await alice.next('connection-confirmed')).toMatchObject({
      socketId: expect.any(String),
      serverTime: expect.stringMatching(/^\d{4}-.*Z$/),
    })
    await guest.next('connection-confirmed')
    alice.emit('join-channel', channel)
    expect(await alice.next('channel-joined')).toMatchObject({ channel, clientCount: 1, pendingCount: 0 })
    guest.emit('join-channel', channel)
    expect(await guest.next('channel-joined')).toMatchObject({ clientCount: 2 })

    const data = { host: 'prod-01', metric: 'cpu', value: 90 }
    const alert = { channel, type: 'warning', title: 'CPU alert', message: 'CPU at 90 %', data }
    alice.emit('send-notification', alert)
    const sent = await alice.next('notification-sent')
    expect(sent).toMatchObject({ notificationId: expect.stringMatching(/^n_\d+\.\d{3}/), channel })
    const { notificationId: id } = sent
    expect(await guest.next('notification-received')).toMatchObject({ ...alert, id, sender: 'Alice' })
    expect(guest.all('notification-sent')).toEqual([])

    guest.emit('send-notification', { title: 'To all', message: 'Lunch' })
    const broadcast = { title: 'To all', type: 'info', data: null, channel: null, sender: 'Anonymous' }
    expect(await alice.next('notification-received', 2)).toMatchObject(broadcast)

    alice.emit('send-notification', { channel })
    expect(await alice.next('error-message')).toMatchObject({
      errors: ["The field 'title' is required", "The field 'message' is required"],
    })
    alice.emit('get-channels')
    expect(await alice.next('channels-list')).toContainEqual({ name: channel, clientCount: 2 })
    const known = alice.all('server-stats').length
    alice.emit('get-stats')
    expect(await alice.next('server-stats', known + 1)).toMatchObject({
      connectedClients: expect.any(Number),
      activeChannels: expect.any(Number),
      uptime: expect.any(Number),
    })
    alice.emit('leave-channel', channel)
    expect(await alice.next('channel-left')).toMatchObject({ channel })
  })
})

/** The system's own Python: others do not see Debian's packages. */
const PYTHON = '/usr/bin/python3'
const SCRIPT = fileURLToPath(new URL('../../../packages/server/test/wire/python_client.py', import.meta.url))
const isThere = spawnSync(PYTHON, ['-c', 'import socketio, aiohttp']).status === 0
const HOW_TO = 'The Python client is missing: apt-get install python3-socketio python3-aiohttp'
const mayMiss = process.env.CI !== 'true' && !isThere
if (mayMiss) console.warn(HOW_TO)

describe.skipIf(mayMiss).each(['websocket', 'polling'])('python-socketio over %s', (transport) => {
  test('[QS21] plays the dialogue of the page against the quickstart, and catches up after being away', async () => {
    expect(isThere, HOW_TO).toBe(true)
    const member = connectStock(example.url, { auth: { username: 'Alice' } })
    onTestFinished(() => member.close())
    member.emit('join-channel', 'devops')
    await member.next('channel-joined')
    const user = `guido-${transport}`
    const python = spawn(PYTHON, [SCRIPT, example.url, transport, user], {
      env: { ...process.env, PYTHONUTF8: '1' },
    })
    onTestFinished(() => void python.kill('SIGKILL'))
    const lines: { event?: string; step?: string; data?: Payload }[] = []
    const away = deferred<void>()
    createInterface(python.stdout).on('line', (text) => {
      lines.push(JSON.parse(text))
      if (lines.at(-1)?.step === 'away') away.resolve()
    })
    const ended = new Promise<number | null>((resolve) => python.once('close', resolve))
    await member.next('notification-received', ({ title }) => title === 'Alerte CPU')
    const reply = (title: string) => ({ channel: 'devops', title, message: 'm' })
    member.emit('send-notification', reply('Réponse'))
    await within(away.promise, 10_000, 'the Python client goes away')
    member.emit('send-notification', reply('missed'))
    await member.next('notification-sent', ({ offset }) => Number(offset) > 2)
    python.stdin.write('\n')
    expect(await within(ended, 10_000, 'the Python client ends')).toBe(0)
    const joined = lines.filter(({ event }) => event === 'channel-joined').map(({ data }) => data)
    expect(joined[1]).toMatchObject({ recovered: true })
    const missed = lines.filter(({ data }) => data?.replayed === true && data.channel === 'devops')
    const replayed = missed.map(({ data }) => data?.title)
    expect(replayed).toContain('missed')
    expect(replayed).toHaveLength(Number(joined[1]?.pendingCount))
  }, 40_000)
})
