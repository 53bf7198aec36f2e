/* Frames that leave a connection together leave in few system calls; what was done for it is undone with the rest. */
import { createServer } from 'node:http'
import { connectRaw, PacketType, until } from '@carillon/testkit'
import { Server } from 'socket.io'
import { expect, test } from 'vitest'
import { attachNotifications } from '../../src/index.ts'
import { join } from './replay.ts'
import { afterTest, as, note, stage, stock } from './stage.ts'

/** Counts what the server's side of a connection hands to the operating system from now on. */
function countWrites(io: Server, id: string | undefined): () => number {
  const transport = io.sockets.sockets.get(id ?? '')?.conn.transport
  const tcp: unknown = Reflect.get(Object(Reflect.get(Object(transport), 'socket')), '_socket')
  if (typeof tcp !== 'object' || tcp === null) throw new Error('no network socket')
  let writes = 0
  for (const method of ['_write', '_writev']) {
    const original: unknown = Reflect.get(tcp, method)
    if (typeof original !== 'function') throw new Error(`no ${method}`)
    Reflect.set(tcp, method, function (this: unknown, ...args: unknown[]) {
      writes += 1
      return Reflect.apply(original, this, args)
    })
  }
  return () => writes
}

test('[SV30] a page of missed notifications leaves in a few writes, in order', async () => {
  const played = await stage()
  const alice = stock(played.url, { ...as('alice'), transports: ['websocket'] })
  await join(alice, 'devops')
  alice.socket.disconnect()
  for (let n = 1; n <= 80; n++) await played.notifications.send(note('devops', `${n}`))
  alice.socket.connect()
  await until(() => alice.all('connection-confirmed').length === 2, 'Alice is back')
  const writes = countWrites(played.io, alice.socket.id)
  const { titles } = await join(alice, 'devops')
  expect(titles).toEqual(Array.from({ length: 80 }, (_, n) => `${n + 1}`))
  expect(writes()).toBeLessThan(8)
})

test.each([
  ['told and acknowledged', 'devops', ['channel-joined', 'ack']],
  ['refused and acknowledged', ' ', ['error-message', 'ack']],
])('[SV30] what is %s leaves in one write', async (_, channel, frames) => {
  const played = await stage()
  const client = connectRaw(played.url, { auth: as('alice').auth })
  afterTest(() => client.close())
  const { socketId } = await client.next('connection-confirmed')
  await client.settle()
  const before = client.frames.length
  const writes = countWrites(played.io, socketId)
  await client.sendEventWithAck('join-channel', channel)
  expect(writes()).toBe(1)
  const told = client.frames.slice(before).map(({ packet }) => {
    const data = packet?.data
    return packet?.type === PacketType.Event && Array.isArray(data) ? data[0] : 'ack'
  })
  expect(told).toEqual(frames)
})

test('[SV30] [G9] attachments share one listener of the engine, and the last one takes it along', async () => {
  const http = createServer()
  const io = new Server(http)
  afterTest(() => io.close())
  const one = attachNotifications(io.of('/one'), { log: false })
  const two = attachNotifications(io.of('/two'), { log: false })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const address = http.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const before = io.engine.listenerCount('flush')
  for (const name of ['/one', '/two']) await stock(`${url}${name}`).next('connection-confirmed')
  expect(io.engine.listenerCount('flush')).toBe(before + 1)
  await one.close()
  expect(io.engine.listenerCount('flush')).toBe(before + 1)
  await two.close()
  expect(io.engine.listenerCount('flush')).toBe(before)
})
