import { until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { clientOf, fakeServer, statusIs, titlesOf } from './kit.ts'
import { memoryStorage } from './memory-storage.ts'
import { realServer } from './real-server.ts'

const left = (reason: string) => ({ channel: 'devops', message: 'm', timestamp: 't', reason })

test('[CL5] [S31] whom the host takes out of a channel has left it, and does not ask for it again', async () => {
  const server = await fakeServer()
  const storage = memoryStorage()
  const client = clientOf(server.url, { storage })
  const devops = await client.joinChannel('devops')
  const titles: string[] = []
  devops.on('notification', ({ title }) => titles.push(title))
  const ends: unknown[] = []
  devops.on('left', (...end) => ends.push(end))
  server.append('c:devops', 'one')
  await until(() => titles.length === 1, 'the notification')
  const kept = () => [...storage.items.keys()].filter((key) => key.endsWith(':c:devops'))
  expect(kept()).toHaveLength(1)
  for (const socket of server.sockets()) socket.emit('channel-left', left('revoked'))
  await until(() => devops.state === 'left', 'the end')
  expect([devops.reason, ends, kept()]).toEqual(['revoked', [['revoked', null]], []])
  server.cut()
  await statusIs(client, 'reconnecting')
  await statusIs(client, 'connected')
  await client.stats()
  expect(server.argsOf('join-channel')).toEqual([['devops']])
  expect(server.argsOf('ack-notifications')).toEqual([])
  // A later join is a first one, and so is one of a later page.
  const again = await client.joinChannel('devops')
  expect([again === devops, again.recovered]).toEqual([false, null])
  expect(server.argsOf('join-channel').at(-1)).toEqual(['devops'])
})

test('[CL5] [CL14] [S31] a page that loads after a revocation joins as for the first time', async () => {
  const server = await fakeServer()
  const storage = memoryStorage()
  const first = clientOf(server.url, { storage })
  const devops = await first.joinChannel('devops')
  for (const socket of server.sockets()) socket.emit('channel-left', left('revoked'))
  await until(() => devops.state === 'left', 'the end')
  first.close()
  server.append('c:devops', 'not for us')
  const second = await clientOf(server.url, { storage }).joinChannel('devops')
  expect([second.recovered, second.pendingCount]).toEqual([null, 0])
})

test('[CL5] a revocation of before ends no later join', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const before = await client.joinChannel('devops')
  server.script = () => undefined
  client.leaveChannel('devops').catch(() => undefined)
  const joining = client.joinChannel('devops')
  await until(() => server.asked.length === 3, 'both requests')
  for (const socket of server.sockets()) socket.emit('channel-left', left('revoked'))
  for (const asked of server.asked.slice(1)) asked.answer()
  const after = await joining
  expect([before.reason, after.state]).toEqual(['client', 'joined'])
})

test('[CL5] a server that closes lets go of a channel for now', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const devops = await client.joinChannel('devops')
  for (const socket of server.sockets()) socket.emit('channel-left', left('closing'))
  await until(() => devops.state === 'joining', 'the end')
  expect(devops.reason).toBeNull()
})

test('[CL5] [S31] after a revocation nobody joins again by themselves, and a later join begins anew', async () => {
  const server = await realServer()
  const alice = clientOf(server.url, { reconnectionAttempts: 50, auth: { user_id: 'alice' } })
  const titles = titlesOf(alice)
  const send = (title: string) => server.notifications.send({ title, message: 'm', channel: 'devops' })
  const devops = await alice.joinChannel('devops')
  await send('before')
  await until(() => titles.length === 1, 'the first')
  await server.notifications.revoke('alice', 'devops')
  await until(() => devops.state === 'left', 'the end')
  await send('while revoked')
  server.cut()
  await statusIs(alice, 'reconnecting')
  await statusIs(alice, 'connected')
  await alice.stats()
  expect(await server.notifications.channels()).toEqual([])
  const again = await alice.joinChannel('devops')
  await send('after')
  await until(() => titles.includes('after'), 'what came after')
  expect([devops.reason, again.state, again.recovered, titles]).toEqual([
    'revoked',
    'joined',
    null,
    ['before', 'after'],
  ])
})

test('[CL5] [S31] a join that is under way during a revocation ends as the server then says', async () => {
  let mayJoin = true
  let asked = 0
  let answer: () => void = () => undefined
  const server = await realServer({
    authorize: async () => {
      asked += 1
      const isAllowed = mayJoin
      if (asked === 1) await new Promise<void>((resolve) => (answer = resolve))
      return isAllowed
    },
  })
  const alice = clientOf(server.url, { auth: { user_id: 'alice' } })
  const joining = alice.joinChannel('devops').catch((error) => error.code)
  await until(() => asked === 1, 'the question')
  mayJoin = false
  await server.notifications.revoke('alice', 'devops')
  answer()
  expect([await joining, asked]).toEqual(['not-allowed', 2])
})
