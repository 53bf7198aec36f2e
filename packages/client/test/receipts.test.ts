import { until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { clientOf, fakeServer, statusIs, titlesOf } from './kit.ts'

const ACK = 'ack-notifications'

test('[CL7] positions that moved are told together, once, and only where they moved', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url, { auth: { user_id: 'alice' } })
  const titles = titlesOf(client)
  await Promise.all([client.joinChannel('a'), client.joinChannel('still')])
  const items = [server.append('c:a', 'one'), server.append('c:a', 'two'), server.append('b', 'three')]
  await until(() => titles.length === 3, 'all three')
  expect(server.argsOf(ACK)).toEqual([])
  await until(() => server.argsOf(ACK).length > 0, 'the receipt')
  const [, two, three] = items.map(({ epoch, offset, id }) => ({ epoch, offset, id }))
  expect(server.argsOf(ACK)).toEqual([[{ 'c:a': two, b: three }]])
})

test('[CL7] close() tells the rest at once and before the connection ends', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url, { auth: { user_id: 'alice' } })
  const titles = titlesOf(client)
  await client.joinChannel('a')
  server.append('c:a', 'one')
  await until(() => titles.length === 1, 'the notification')
  client.close()
  await until(() => server.argsOf(ACK).length === 1, 'the receipt')
  await until(() => server.sockets().length === 0, 'the end of the connection')
})

test('[CL7] a guest has no cursor, and nothing that moved is nothing to tell', async () => {
  const server = await fakeServer()
  const guest = clientOf(server.url)
  const user = clientOf(server.url, { auth: { user_id: 'alice' } })
  const titles = titlesOf(guest)
  await Promise.all([guest.joinChannel('a'), user.joinChannel('b')])
  server.append('c:a', 'one')
  await until(() => titles.length === 1, 'the notification')
  guest.close()
  user.close()
  await until(() => server.sockets().length === 0, 'both to end')
  expect(server.argsOf(ACK)).toEqual([])
})

test('[CL7] what was told just before a break is told again after it', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url, { auth: { user_id: 'alice' } })
  const titles = titlesOf(client)
  await client.joinChannel('a')
  server.append('c:a', 'one')
  await until(() => titles.length === 1 && server.argsOf(ACK).length === 1, 'the receipt')
  server.cut()
  await statusIs(client, 'reconnecting')
  await until(() => server.argsOf(ACK).length === 2, 'the second receipt')
  const [first, second] = server.argsOf(ACK)
  expect(second).toEqual(first)
})
