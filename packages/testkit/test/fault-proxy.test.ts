import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFaultProxy, type FaultProxy, nextTurn, until } from '../src/index.ts'

let proxy: FaultProxy
let server: ReturnType<typeof createServer>
let accepted: Socket[]

beforeEach(async () => {
  accepted = []
  server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined)
    accepted.push(socket)
    socket.on('data', (bytes) => socket.write(bytes))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  proxy = await createFaultProxy(() => ({ port: (server.address() as AddressInfo).port }))
})
afterEach(async () => {
  await proxy.close()
  for (const socket of accepted) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
})

interface Client {
  readonly socket: Socket
  readonly heard: () => string
  readonly ends: string[]
}

async function connected(): Promise<Client> {
  const before = accepted.length
  const socket = dial(proxy.port, '127.0.0.1')
  let heard = ''
  const ends: string[] = []
  socket.on('data', (bytes) => {
    heard += bytes
  })
  socket.on('error', (error: NodeJS.ErrnoException) => ends.push(error.code ?? 'error'))
  socket.on('end', () => ends.push('end'))
  await until(() => accepted.length > before || ends.length > 0, 'a connection')
  return { socket, heard: () => heard, ends }
}

test('[TK1] bytes pass in order, delayed ones too', async () => {
  const { socket, heard } = await connected()
  proxy.set({ delayMs: 5 })
  for (const text of ['a', 'b', 'c']) {
    socket.write(text)
    await nextTurn()
  }
  await until(() => heard() === 'abc', 'the echo')
})

test('[TK1] a delay that ends overtakes nothing', async () => {
  const { socket, heard } = await connected()
  proxy.set({ delayMs: 30 })
  socket.write('a')
  await until(() => accepted[0]?.bytesRead === 1, 'the first piece')
  proxy.heal()
  socket.write('b')
  await until(() => heard().length === 2, 'the echo')
  expect(heard()).toBe('ab')
})

test('[TK1] what is dropped never comes, and nobody is told', async () => {
  const { socket, heard, ends } = await connected()
  proxy.set({ down: 'drop' })
  socket.write('lost')
  await until(() => proxy.dropped() === 4, 'the echo is swallowed')
  proxy.heal()
  socket.write('kept')
  await until(() => heard() !== '', 'the echo')
  expect([heard(), ends]).toEqual(['kept', []])
})

test('[TK1] what is stalled comes when the way is free', async () => {
  const { socket, heard } = await connected()
  proxy.set({ down: 'stall' })
  socket.write('later')
  await until(() => accepted[0]?.bytesWritten === 5, 'the echo on its way')
  await nextTurn()
  expect(heard()).toBe('')
  proxy.heal()
  await until(() => heard() === 'later', 'the echo')
})

test('[TK1] connections are cut in the way that is asked for', async () => {
  const reset = await connected()
  expect(proxy.cutAll('rst')).toBe(1)
  await until(() => reset.ends.length > 0, 'the reset')
  expect(reset.ends).toEqual(['ECONNRESET'])
  const closed = await connected()
  proxy.cutAll('fin')
  await until(() => closed.ends.length > 0, 'the end')
  expect(closed.ends).toEqual(['end'])
  const half = await connected()
  proxy.halfCloseAll()
  await until(() => half.ends.length > 0, 'the end')
  half.socket.destroy()
  await until(() => proxy.connections() === 0, 'nobody')
})

test('[TK1] a connection ends after so many bytes, and new ones may be refused', async () => {
  proxy.set({ cutAfterDownBytes: 3 })
  const { socket, heard, ends } = await connected()
  socket.write('abc')
  await until(() => heard() === 'abc', 'the echo')
  socket.write('d')
  await until(() => ends.length > 0, 'the cut')
  expect(heard()).toBe('abc')
  const torn = await connected()
  torn.socket.write('abcdef')
  await until(() => torn.ends.length > 0, 'the cut in the middle')
  expect([torn.heard(), proxy.torn()]).toEqual(['abc', 2])
  proxy.set({ isRefusing: true })
  const refused = await connected()
  await until(() => refused.ends.length > 0, 'the refusal')
  expect(refused.ends).toEqual(['ECONNRESET'])
})
