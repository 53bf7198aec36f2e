/*
 * One frame with more arguments than a stack holds ends the process of bare Socket.IO. With Carillon it ends its
 * own connection.
 */
import { FRAME_END, onUnhandled, openPolling, startServer, until } from '@carillon/testkit'
import type { Namespace } from 'socket.io'
import { expect, test } from 'vitest'
import { attachNotifications } from '../../src/index.ts'
import { afterTest, note, raw, stage } from './stage.ts'

const many = Array(60_000).fill(1).join()

test('[G7] bare Socket.IO throws into the process: what is guarded against is real', async () => {
  const guard = onUnhandled()
  const server = await startServer({
    onServer: (io) => io.on('connection', (socket) => socket.on('mine', () => undefined)),
  })
  afterTest(server.close)
  const client = raw(server.url)
  await client.connected()
  client.sendFrame(`42["mine",${many}]`)
  await until(() => guard.errors.length > 0, 'what would end the process')
  expect(guard.errors[0]).toBeInstanceOf(RangeError)
  guard.release()
})

test.each([
  ['one of ours', `42["get-stats",${many}]`],
  ['one of the host', `42["mine",${many}]`],
  ['one that nobody hears', `427["nobody",${many},${many}]`],
  ['an acknowledgement', `430[${many},${many},${many}]`],
])('[G7] [P-WIDE] too many arguments end a connection, and nothing else: %s', async (_, frame) => {
  const guard = onUnhandled()
  const { url, io, problems } = await stage({}, { onServer: (io) => hostile(io.of('/')) })
  const member = raw(url, { name: 'member' })
  await member.sendEventWithAck('join-channel', 'devops')
  const attacker = raw(url, { name: 'attacker' })
  await attacker.next('connection-confirmed')
  attacker.sendFrame(frame)
  await attacker.closed
  await until(() => io.sockets.sockets.size === 1, 'the server has let go of it')
  const other = raw(url, { name: 'other' })
  expect(await other.sendEventWithAck('send-notification', note('devops', 'on'))).toMatchObject({ ok: true })
  expect((await member.next('notification-received')).title).toBe('on')
  expect(problems).toEqual([])
  await guard.check()
})

test('[G7] [P-WIDE] over long-polling, too', async () => {
  const guard = onUnhandled()
  const { url, io } = await stage({}, { onServer: (io) => hostile(io.of('/')) })
  const polling = await openPolling(url)
  await polling.post('40')
  await polling.post(`42["mine",1]${FRAME_END}42["mine",${many}]${FRAME_END}42["mine",2]`)
  await until(() => io.engine.clientsCount === 0, 'its connection is gone')
  expect(await polling.post('42["mine",3]')).not.toBe(200)
  await guard.check()
})

test('[G7] [P-WIDE] one of a namespace where nobody of ours listens, on a connection that is served', async () => {
  const guard = onUnhandled()
  const { url } = await stage({}, { onServer: (io) => hostile(io.of('/host')) })
  const attacker = raw(url)
  await attacker.next('connection-confirmed')
  attacker.sendFrame('40/host,')
  await attacker.nextFrame(({ text }) => text.startsWith('40/host,'))
  attacker.sendFrame(`42/host,["mine",${many}]`)
  await attacker.closed
  await guard.check()
})

test('[G7] [G9] a connection of several namespaces has one guard for each, and none afterwards', async () => {
  const first = await stage()
  const attached = first.io.of('/b')
  const second = attachNotifications(attached, { log: false })
  afterTest(second.close)
  const client = raw(first.url)
  await client.next('connection-confirmed')
  client.sendFrame('40/b,')
  await client.nextFrame(({ text }) => text.startsWith('42/b,["connection-confirmed"'))
  const [conn] = [...first.io.sockets.sockets.values()].map((socket) => socket.conn)
  expect(conn?.listenerCount('packet')).toBe(2)
  await second.close()
  expect(conn?.listenerCount('packet')).toBe(1)
  await first.notifications.close()
  expect(conn?.listenerCount('packet')).toBe(0)
})

test('[G7] [G9] the namespaces of a family share one guard, which stays as long as one of them is served', async () => {
  const guard = onUnhandled()
  const { url, io, notifications } = await stage({}, { on: (io) => io.of(/^\/team-\w+$/) })
  const client = raw(url, { namespace: '/team-a' })
  await client.next('connection-confirmed')
  for (const team of ['b', 'c']) {
    client.sendFrame(`40/team-${team},`)
    await client.nextFrame(({ text }) => text.startsWith(`42/team-${team},["connection-confirmed"`))
  }
  const conn = [...io.of('/team-a').sockets.values()][0]?.conn
  expect(conn?.listenerCount('packet')).toBe(1)
  client.sendFrame('41/team-a,')
  client.sendFrame('41/team-b,')
  await until(() => io.of('/team-a').sockets.size + io.of('/team-b').sockets.size === 0, 'they have left')
  expect(conn?.listenerCount('packet')).toBe(1)
  client.sendFrame(`42/team-c,["get-stats",${many}]`)
  await client.closed
  await until(() => conn?.listenerCount('packet') === 0, 'the guard is gone')
  await guard.check()
  await notifications.close()
})

test('[P-WIDE] what is long and not wide passes', async () => {
  const { url } = await stage()
  const client = raw(url)
  const data = { list: Array(900).fill('a,b'), text: '","'.repeat(10_000) }
  client.sendEvent('send-notification', { ...note('devops', 'long'), data })
  expect(await client.next('notification-sent')).toMatchObject({ channel: 'devops', offset: 1 })
})

/** A host with a listener and an open acknowledgement. */
function hostile(nsp: Namespace): void {
  nsp.on('connection', (socket) => {
    socket.on('mine', () => undefined)
    socket.emit('question', () => undefined)
  })
}
