import { nextTurn, until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { clientOf, fakeServer, statusIs, titlesOf } from './kit.ts'

test('[CL6] what comes in the same task as the confirmation of a join is there after the await', async () => {
  const server = await fakeServer()
  server.script = (asked) => {
    asked.answer()
    if (asked.event === 'join-channel') for (const title of ['a', 'b']) server.append('c:devops', title)
  }
  const client = clientOf(server.url)
  const titles = titlesOf(client)
  const devops = await client.joinChannel('devops')
  const own: string[] = []
  devops.on('notification', ({ title }) => own.push(title))
  await until(() => own.length === 2, 'both notifications')
  server.append('c:devops', 'c')
  await until(() => own.length === 3, 'the live one')
  expect([titles, own]).toEqual([
    ['a', 'b', 'c'],
    ['a', 'b', 'c'],
  ])
})

test('[CL6] wrapped in as many promises as one likes', async () => {
  const server = await fakeServer()
  server.script = (asked) => {
    asked.answer()
    server.append('c:devops', 'early')
  }
  const client = clientOf(server.url)
  async function enter(depth: number): ReturnType<typeof client.joinChannel> {
    return depth === 0 ? client.joinChannel('devops') : await enter(depth - 1)
  }
  const devops = await enter(50)
  const own: string[] = []
  devops.on('notification', ({ title }) => own.push(title))
  await until(() => own.length === 1, 'the early one')
})

test('[CL6] joins that wait for each other miss nothing, and keep the order with what comes live', async () => {
  const server = await fakeServer()
  const held: (() => void)[] = []
  server.script = (asked) => {
    if (asked.args[0] === 'slow') held.push(asked.answer)
    else asked.answer()
  }
  const client = clientOf(server.url)
  const titles = titlesOf(client)
  const both = Promise.all([client.joinChannel('quick'), client.joinChannel('slow')])
  await until(() => held.length === 1, 'the slow join')
  server.append('c:quick', 'early')
  await until(() => titles.length === 1, 'the early one at the client')
  await nextTurn()
  held[0]?.()
  const [quick] = await both
  const own: string[] = []
  quick.on('notification', ({ title }) => own.push(title))
  server.append('c:quick', 'live')
  await until(() => own.length === 2, 'both')
  expect(own).toEqual(['early', 'live'])
})

test('[CL6] once() counts as a listener and gets the first one', async () => {
  const server = await fakeServer()
  server.script = (asked) => {
    asked.answer()
    for (const title of ['a', 'b']) server.append('c:devops', title)
  }
  const client = clientOf(server.url)
  const devops = await client.joinChannel('devops')
  const first = await new Promise<string>((resolve) =>
    devops.once('notification', ({ title }) => resolve(title)),
  )
  expect(first).toBe('a')
  expect(devops.listeners('notification')).toEqual([])
})

test('[G3] what a server delivers twice is handed over once, broadcasts and personal ones too', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url, { auth: { user_id: 'alice' } })
  const titles = titlesOf(client)
  await client.joinChannel('devops')
  const items = [
    server.append('c:devops', 'channel'),
    server.append('b', 'broadcast'),
    server.append('u', 'own'),
  ]
  for (const socket of server.sockets())
    for (const item of [...items, ...items]) socket.emit('notification-received', { ...item, replayed: true })
  await client.stats()
  expect(titles).toEqual(['channel', 'broadcast', 'own'])
})

test('[G2] broadcasts and personal ones that were missed come after a reconnect, without asking', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url, { auth: { user_id: 'alice' } })
  const titles = titlesOf(client)
  await statusIs(client, 'connected')
  server.append('b', 'seen')
  await until(() => titles.length === 1, 'the first')
  server.cut()
  await statusIs(client, 'reconnecting')
  server.append('b', 'missed')
  server.append('u', 'own')
  await until(() => titles.length === 3, 'what was missed')
  expect([...titles].sort()).toEqual(['missed', 'own', 'seen'])
})

test('[G5] a log that begins anew on a living connection is followed', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const titles = titlesOf(client)
  await client.joinChannel('devops')
  for (const title of ['a', 'b', 'c']) server.append('c:devops', title)
  await until(() => titles.length === 3, 'the old log')
  server.lose('c:devops')
  for (const title of ['d', 'e']) server.append('c:devops', title)
  await until(() => titles.length === 5, 'the new log')
  expect(titles).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('[G7] payloads that are no payloads harm nobody', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  await client.joinChannel('devops')
  const titles = titlesOf(client)
  const codes: string[] = []
  client.on('problem', ({ code }) => codes.push(code))
  const events = [
    'notification-received',
    'channel-joined',
    'channel-left',
    'server-stats',
    'error-message',
    'connection-confirmed',
  ]
  for (const socket of server.sockets()) {
    for (const event of events) for (const payload of [null, 42, 'x', [], {}]) socket.emit(event, payload)
  }
  server.append('c:devops', 'fine')
  await until(() => titles.includes('fine'), 'the real one')
  expect(client.status).toBe('connected')
})
