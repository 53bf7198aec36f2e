import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  connectRaw,
  connectStock,
  type EventLog,
  FRAME_END,
  openData,
  openPolling,
  type RawOptions,
  startServer,
  type TestServer,
  until,
} from '../src/index.ts'

let server: TestServer

beforeEach(async () => {
  server = await startServer({
    ioOptions: { pingInterval: 50, pingTimeout: 300, cors: { origin: '*' } },
    onServer: (io) => {
      io.use((socket, next) => next(socket.handshake.auth.bad ? new Error('no entry') : undefined))
      io.on('connection', (socket) => {
        socket.emit('hello', { auth: socket.handshake.auth, color: socket.handshake.query.color })
        socket.on('echo', (...args: unknown[]) => void socket.emit('echoed', ...args))
        socket.on('get-stats', (ack?: (answer: unknown) => void) => ack?.({ ok: true }))
      })
    },
  })
})
afterEach(() => server.close())

interface Either extends EventLog {
  emit(event: string, ...args: unknown[]): void
  ask(event: string, ...args: unknown[]): Promise<unknown>
  settle(): Promise<void>
  close(): unknown
}

const kinds: Record<string, (options: RawOptions & { auth?: object }) => Either> = {
  stock: (options) => connectStock(server.url, { limitMs: 100, ...options }),
  raw: (options) => {
    const client = connectRaw(server.url, { limitMs: 100, ...options })
    return { ...client, emit: client.sendEvent, ask: client.sendEventWithAck }
  },
}

describe.each(Object.entries(kinds))('%s client', (_, connect) => {
  test('[TK4] auth and query arrive, events are recorded in order and handed out once', async () => {
    const client = connect({ auth: { user_id: 'u' }, query: { color: 'red' } })
    expect(await client.next('hello')).toEqual({ auth: { user_id: 'u' }, color: 'red' })
    client.emit('echo', 1, 'two')
    client.emit('echo', 2)
    client.emit('echo', 3)
    await client.settle()
    expect(await client.next('echoed', (n) => n === 2)).toBe(2)
    expect(await client.next('echoed')).toBe(1)
    expect(client.all('echoed')).toEqual([1, 2, 3])
    expect(client.records.filter(({ event }) => event === 'echoed')[0]?.args).toEqual([1, 'two'])
    client.close()
  })

  test('[TK4] next fails with a list of what did arrive', async () => {
    const client = connect({})
    client.emit('echo', 'something else')
    await expect(client.next('channel-joined')).rejects.toThrow(
      /waited 100 ms for "channel-joined"\..*echoed.*something else/s,
    )
    client.close()
  })

  test('[TK4] settle fails when nobody acknowledges', async () => {
    server.io.on('connection', (socket) => void socket.removeAllListeners('get-stats'))
    const client = connect({})
    await client.next('hello')
    await expect(client.settle()).rejects.toThrow('nobody acknowledged "get-stats"')
    client.close()
  })

  test('[TK4] it speaks to other namespaces', async () => {
    server.io.of('/other').on('connection', (socket) => {
      socket.on('ask', (question: unknown, ack: (answer: unknown) => void) => ack([question, 'answered']))
    })
    const stock = connectStock(`${server.url}/other`)
    const raw = connectRaw(server.url, { namespace: '/other' })
    expect(await stock.ask('ask', 'a')).toEqual(['a', 'answered'])
    expect(await raw.sendEventWithAck('ask', 'b')).toEqual(['b', 'answered'])
    stock.close()
    await raw.close()
  })
})

test('[TK4] a refused stock client records connect_error', async () => {
  const client = connectStock(server.url, { auth: { bad: true } })
  expect(await client.next('connect_error')).toMatchObject({ message: 'no entry' })
  client.close()
})

test('[TK5] a refused raw client rejects with the refusal, a torn one with its code', async () => {
  const refused = connectRaw(server.url, { auth: { bad: true } })
  await expect(refused.connected()).rejects.toThrow(/refused "\/".*no entry/)
  await refused.close()
  const nowhere = connectRaw('http://127.0.0.1:1')
  await expect(nowhere.connected()).rejects.toThrow('ended with code 1006')
  const silent = connectRaw(server.url, { autoConnect: false, limitMs: 30 })
  await expect(silent.connected()).rejects.toThrow('the answer to joining "/"')
  await silent.close()
})

test('[TK5] a raw client sends any text, and the server ends what is malformed', async () => {
  const client = connectRaw(server.url, { autoConnect: false })
  expect(openData(await client.nextFrame((frame) => frame.kind === 'open'))).toMatchObject({
    pingInterval: 50,
  })
  client.sendFrame('40')
  await client.connected()
  client.sendFrame('42["echo"')
  expect(await client.closed).toBeGreaterThan(0)
})

test('[TK5] answered pings keep a connection, unanswered ones end it, an unsolicited pong is sent as it is', async () => {
  const client = connectRaw(server.url)
  for (let round = 0; round < 3; round++) await client.nextFrame((frame) => frame.kind === 'ping', 'a ping')
  let beats = 0
  for (const socket of server.io.sockets.sockets.values()) socket.conn.on('heartbeat', () => beats++)
  client.answerPings(false)
  client.sendPong()
  await until(() => beats > 0, 'the heartbeat of an unsolicited pong')
  await client.closed
})

test('[TK5] a client that stops reading gets nothing until it reads again', async () => {
  const client = connectRaw(server.url)
  await client.connected()
  client.stopReading()
  server.io.emit('echoed', 'held')
  await expect(connectRaw(server.url, { limitMs: 50 }).next('echoed')).rejects.toThrow('What arrived')
  expect(client.all('echoed')).toEqual([])
  client.startReading()
  expect(await client.next('echoed')).toBe('held')
  await client.close()
})

test('[TK15] a raw client sends attachments', async () => {
  const client = connectRaw(server.url)
  await client.next('hello')
  client.sendFrame('451-["echo",{"_placeholder":true,"num":0}]')
  client.sendBinary(Buffer.from([1, 2, 3]))
  const echoed = await client.nextFrame(({ text }) => text.startsWith('451-["echoed"'))
  expect(echoed.text).toBe('451-["echoed",{"_placeholder":true,"num":0}]')
  await client.close()
})

test('[TK16] long-polling by hand: open, join, ask, and hear the answer', async () => {
  const polling = await openPolling(server.url)
  expect(await polling.post('40')).toBe(200)
  const heard: string[] = []
  const hear = async (start: string): Promise<void> => {
    while (!heard.some((frame) => frame.startsWith(start))) heard.push(...(await polling.poll()))
  }
  await hear('42["hello"')
  expect(await polling.post(`42["nobody"]${FRAME_END}421["get-stats"]`)).toBe(200)
  await hear('431[{"ok":true}]')
  expect(heard[0]).toMatch(/^40\{"sid":/)
  expect(await polling.post('41')).toBe(200)
})
