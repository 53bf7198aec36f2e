import { attachNotifications, createMemoryStore, type NotificationStore } from '@carillon/server'
import { until } from '@carillon/testkit'
import type { ServerOptions } from 'socket.io'
import { expect, onTestFinished, test } from 'vitest'
import type { NotificationReceived, NotificationsError } from '../src/index.ts'
import { connectNotifications } from '../src/index.ts'
import { clientOf, rejectionOf, socketOf, statusIs, titlesOf } from './kit.ts'
import { realServer } from './real-server.ts'

const note = (title: string) => ({ title, message: 'message' })

test('[CL6] join, send, receive: confirmed by the server, handed to client and subscription', async () => {
  const server = await realServer()
  const alice = clientOf(server.url, { auth: { user_id: 'alice', username: 'Alice' } })
  const bob = clientOf(server.url, { auth: { user_id: 'bob' } })
  const devops = await alice.joinChannel('devops')
  const received: NotificationReceived[] = []
  devops.on('notification', (notification) => received.push(notification))
  const all = titlesOf(alice)
  await bob.joinChannel('devops')
  const sent = await alice.sendNotification({
    ...note('CPU'),
    channel: 'devops',
    type: 'warning',
    data: { n: 1 },
  })
  await bob.sendNotification(note('everybody'))
  await bob.sendNotification({ ...note('for Alice'), to: { user: 'alice' } })
  await until(() => all.length === 3, 'all three')
  expect(all).toEqual(['CPU', 'everybody', 'for Alice'])
  expect(received).toHaveLength(1)
  expect(received[0]).toMatchObject({ title: 'CPU', type: 'warning', data: { n: 1 }, sender: 'Alice' })
  expect(sent).toMatchObject({ channel: 'devops', stream: 'c:devops', duplicate: false })
  expect(sent).not.toHaveProperty('ok')
  expect(devops.state).toBe('joined')
  expect(alice.userId).toBe('alice')
})

test.each<[string, string[], Partial<ServerOptions>]>([
  ['WebSocket', ['websocket'], {}],
  ['polling', ['polling'], {}],
  ['polling that is upgraded', ['polling', 'websocket'], {}],
  ["Socket.IO's own recovery", ['websocket'], { connectionStateRecovery: {} }],
])(
  '[G2] [G3] over cut connections by %s everything is handed over once and in order',
  async (_, transports, io) => {
    const server = await realServer({ limits: { missedBroadcasts: 1_000 } }, io)
    const client = clientOf(server.url, { reconnectionAttempts: 50, transports })
    const titles = titlesOf(client)
    const devops = await client.joinChannel('devops')
    const own: string[] = []
    devops.on('notification', ({ title }) => own.push(title))
    const expected = Array.from({ length: 120 }, (_, at) => `n${at}`)
    for (const [at, title] of expected.entries()) {
      await server.notifications.send({ ...note(title), channel: 'devops' })
      await server.notifications.send(note(`all ${title}`))
      if (at % 30 === 10) {
        server.cut()
        await statusIs(client, 'reconnecting')
      }
      if (at % 30 === 25) await statusIs(client, 'connected')
    }
    await until(() => titles.length >= 240, 'everything that was sent')
    await client.stats()
    expect(own).toEqual(expected)
    expect(titles.filter((title) => title.startsWith('all'))).toEqual(expected.map((title) => `all ${title}`))
    expect(titles).toHaveLength(240)
  },
)

test('[G5] a restart that loses the log is told, and what the new log holds arrives', async () => {
  const first = await realServer()
  const client = clientOf(first.url, { reconnectionAttempts: 50, auth: { user_id: 'alice' } })
  const titles = titlesOf(client)
  const devops = await client.joinChannel('devops')
  await first.notifications.send({ ...note('old'), channel: 'devops' })
  await until(() => titles.length === 1, 'the old one')
  await first.notifications.close()
  await first.close()
  const rejoined = new Promise((resolve) => devops.on('joined', resolve))
  const second = await realServer({}, {}, first.port)
  await second.notifications.send({ ...note('new'), channel: 'devops' })
  expect(await rejoined).toMatchObject({ recovered: false, reason: 'epoch' })
  await until(() => titles.length === 2, 'the new one')
  expect(titles).toEqual(['old', 'new'])
})

test('[G3] a reconnect says what was recovered', async () => {
  const server = await realServer()
  const client = clientOf(server.url)
  const devops = await client.joinChannel('devops')
  const own: string[] = []
  devops.on('notification', ({ title }) => own.push(title))
  await server.notifications.send({ ...note('one'), channel: 'devops' })
  await until(() => own.length === 1, 'the first')
  const rejoined = new Promise((resolve) => devops.once('joined', resolve))
  for (const { conn } of server.io.sockets.sockets.values()) conn.close()
  await statusIs(client, 'reconnecting')
  await server.notifications.send({ ...note('two'), channel: 'devops' })
  expect(await rejoined).toMatchObject({ recovered: true, pendingCount: 1 })
  await until(() => own.length === 2, 'the second')
  expect(own).toEqual(['one', 'two'])
})

test('[G2] a user who was away gets on return what was missed, after the await', async () => {
  const server = await realServer()
  const before = clientOf(server.url, { auth: { user_id: 'alice' } })
  const first = await before.joinChannel('devops')
  const seen: string[] = []
  first.on('notification', ({ title }) => seen.push(title))
  await server.notifications.send({ ...note('seen'), channel: 'devops' })
  await until(() => seen.length === 1, 'the first')
  before.close()
  await until(() => server.io.sockets.sockets.size === 0, 'Alice to be away')
  for (const title of ['a', 'b', 'c']) await server.notifications.send({ ...note(title), channel: 'devops' })
  await server.notifications.send({ ...note('own'), to: { user: 'alice' } })
  await server.notifications.send(note('everybody'))
  const after = clientOf(server.url, { auth: { user_id: 'alice' } })
  const all = titlesOf(after)
  const devops = await after.joinChannel('devops')
  const missed: string[] = []
  devops.on('notification', ({ title, replayed }) => missed.push(`${title} ${replayed}`))
  await until(() => missed.length === 3, 'what was missed')
  expect(devops.pendingCount).toBe(3)
  expect(missed).toEqual(['a true', 'b true', 'c true'])
  expect(all).toEqual(['own', 'everybody', 'a', 'b', 'c'])
})

test('[G3] what one tab has handed over and told is not pending for the next visit', async () => {
  const server = await realServer()
  const one = clientOf(server.url, { auth: { user_id: 'alice' } })
  const two = clientOf(server.url, { auth: { user_id: 'alice' } })
  const [titlesOne, titlesTwo] = [titlesOf(one), titlesOf(two)]
  await Promise.all([one.joinChannel('devops'), two.joinChannel('devops')])
  await server.notifications.send({ ...note('both'), channel: 'devops' })
  await until(() => titlesOne.length === 1 && titlesTwo.length === 1, 'both tabs')
  one.close()
  two.close()
  await until(() => server.io.sockets.sockets.size === 0, 'both tabs to be closed')
  const next = clientOf(server.url, { auth: { user_id: 'alice' } })
  expect((await next.joinChannel('devops')).pendingCount).toBe(0)
})

test('[CL5] leaving unsubscribes: nothing is kept, and a later join starts at the head', async () => {
  const server = await realServer()
  const client = clientOf(server.url, { auth: { user_id: 'alice' } })
  const titles = titlesOf(client)
  const devops = await client.joinChannel('devops')
  expect(await client.channels()).toEqual([{ name: 'devops', clientCount: 1 }])
  await devops.leave()
  expect([devops.state, devops.reason]).toEqual(['left', 'client'])
  expect(await client.channels()).toEqual([])
  await server.notifications.send({ ...note('unheard'), channel: 'devops' })
  const again = await client.joinChannel('devops')
  expect(again).not.toBe(devops)
  expect(again.pendingCount).toBe(0)
  await client.sendNotification({ ...note('heard'), channel: 'devops' })
  await until(() => titles.length > 0, 'the second one')
  expect(titles).toEqual(['heard'])
})

test('[CL3] stats and channels are answered, and stats are told when they change', async () => {
  const server = await realServer()
  const client = clientOf(server.url)
  const told: number[] = []
  client.on('stats', ({ connectedClients }) => told.push(connectedClients))
  expect(await client.stats()).toMatchObject({ connectedClients: 1, activeChannels: 0 })
  clientOf(server.url)
  await until(() => told.includes(2), 'statistics of two clients')
})

test('[CL3] refusals carry the sentences, the code and the facts of the server', async () => {
  const server = await realServer({ authorize: ({ channel }) => channel !== 'secret' })
  const client = clientOf(server.url)
  const problems: NotificationsError[] = []
  client.on('problem', (problem) => problems.push(problem))
  const refused = await rejectionOf(client.sendNotification({ title: ' ', message: '' }))
  expect(refused).toMatchObject({ code: 'field-required', retryable: false, outcome: 'refused' })
  expect((refused as NotificationsError).errors).toEqual([
    "Le champ 'title' est obligatoire",
    "Le champ 'message' est obligatoire",
  ])
  expect(await rejectionOf(client.joinChannel('secret'))).toMatchObject({ code: 'not-allowed' })
  expect(problems).toEqual([])
})

test('[CL5] a re-join that is refused for good ends the subscription', async () => {
  let isAllowed = true
  const server = await realServer({ authorize: () => isAllowed })
  const client = clientOf(server.url)
  const devops = await client.joinChannel('devops')
  const left = new Promise((resolve) => devops.on('left', (reason, error) => resolve([reason, error?.code])))
  isAllowed = false
  server.cut()
  expect(await left).toEqual(['refused', 'not-allowed'])
  expect(devops.state).toBe('left')
})

test('[CL1] an identity that is refused suspends the client and tells why', async () => {
  const server = await realServer({ authenticate: () => null })
  const client = clientOf(server.url)
  const problem = new Promise<NotificationsError>((resolve) => client.on('problem', resolve))
  expect(await problem).toMatchObject({ code: 'unauthenticated' })
  expect(client.status).toBe('suspended')
})

test('[CL9] a socket that is connected already works by its acknowledgements alone, nothing twice', async () => {
  const server = await realServer()
  const socket = socketOf(server.url, { auth: { user_id: 'alice' } })
  await until(() => socket.connected, 'the connection of the application')
  const client = connectNotifications(socket)
  onTestFinished(() => client.close())
  const problems: NotificationsError[] = []
  client.on('problem', (problem) => problems.push(problem))
  expect(client.status).toBe('connected')
  const titles = titlesOf(client)
  const devops = await client.joinChannel('devops')
  const joins: unknown[] = []
  devops.on('joined', (joined) => joins.push(joined))
  await client.sendNotification({ ...note('one'), channel: 'devops' })
  expect(await rejectionOf(client.sendNotification({ ...note(''), channel: 'devops' }))).toMatchObject({
    code: 'field-required',
  })
  await until(() => titles.length > 0, 'the notification')
  expect([titles, joins, problems]).toEqual([['one'], [], []])
  // From the next handshake on the server knows whom it talks to.
  server.cut()
  await until(() => client.userId === 'alice', 'the second connection')
  await server.notifications.send({ ...note('two'), channel: 'devops' })
  await until(() => titles.length > 1, 'the second notification')
  expect(titles).toEqual(['one', 'two'])
  expect(problems).toEqual([])
})

test('[CL9] a socket with retries neither stalls nor doubles', async () => {
  const server = await realServer()
  const socket = socketOf(server.url, { retries: 3, ackTimeout: 2_000, auth: { user_id: 'alice' } })
  const client = connectNotifications(socket)
  onTestFinished(() => client.close())
  const titles = titlesOf(client)
  await client.joinChannel('devops')
  const sends = ['a', 'b', 'c', 'd'].map((title) =>
    client.sendNotification({ ...note(title), channel: 'devops' }),
  )
  server.cut()
  const receipts = await Promise.all(sends)
  await until(() => titles.length >= 4, 'all four')
  await client.stats()
  expect(titles).toEqual(['a', 'b', 'c', 'd'])
  expect(new Set(receipts.map(({ offset }) => offset)).size).toBe(4)
})

test('[G4] [CL4] sends whose answers were lost become one notification each, in the order of their calls', async () => {
  const server = await realServer()
  const sender = clientOf(server.url, { reconnectionAttempts: 50 })
  const reader = clientOf(server.url, { reconnectionAttempts: 50 })
  const titles = titlesOf(reader)
  await reader.joinChannel('devops')
  await statusIs(sender, 'connected')
  const expected = Array.from({ length: 100 }, (_, at) => `n${at}`)
  const sends: Promise<unknown>[] = []
  for (const title of expected) {
    sends.push(sender.sendNotification({ ...note(title), channel: 'devops' }))
    if (sends.length % 20 === 0) {
      await new Promise((resolve) => setImmediate(resolve))
      server.cut()
      await statusIs(sender, 'connected')
    }
  }
  await Promise.all(sends)
  await until(() => titles.length >= expected.length, 'every send')
  await reader.stats()
  expect(titles).toEqual(expected)
})

test('[CL5] Carillon that is attached anew to a running server has its members back', async () => {
  const server = await realServer()
  const client = clientOf(server.url)
  const titles = titlesOf(client)
  const devops = await client.joinChannel('devops')
  await server.notifications.close()
  const again = attachNotifications(server.io, { log: false })
  onTestFinished(() => again.close())
  await until(() => devops.state === 'joined' && client.status === 'connected', 'the channel')
  await until(async () => (await again.stats()).activeChannels === 1, 'the member at the server')
  await again.send({ ...note('back'), channel: 'devops' })
  await until(() => titles.length > 0, 'the notification')
  expect(titles).toEqual(['back'])
})

test('[G2] what nobody has listened for is not received: the next visit brings it again', async () => {
  const { url, notifications } = await realServer()
  const auth = { user_id: 'alice' }
  const first = clientOf(url, { auth })
  await first.joinChannel('devops')
  await first.sendNotification({ ...note('seen by nobody'), channel: 'devops' })
  // Held for a first listener, which never comes.
  await until(async () => (await first.stats()).connectedClients === 1, 'the client is served')
  first.close()
  await until(async () => (await notifications.stats()).connectedClients === 0, 'the page is gone')
  const second = clientOf(url, { auth })
  const seen = titlesOf(second)
  const devops = await second.joinChannel('devops')
  expect(devops.pendingCount).toBe(1)
  await until(() => seen.length === 1, 'it comes again')
})

test('[CL4] a call that gives up makes room for those behind it', async () => {
  const answers: (() => void)[] = []
  const { url } = await realServer({
    validate: () => new Promise((resolve) => answers.push(() => resolve(undefined))),
  })
  const alice = clientOf(url, { auth: { user_id: 'alice' } })
  const stuck = Array.from({ length: 64 }, (_, at) =>
    rejectionOf(alice.sendNotification({ ...note(`${at}`), channel: 'devops' }, { timeoutMs: 200 })),
  )
  const stats = alice.stats({ timeoutMs: 5_000 })
  for (const error of await Promise.all(stuck)) expect(error.code).toBe('timeout')
  expect(await stats).toMatchObject({ connectedClients: 1 })
  for (const answer of answers) answer()
})

test('[CL4] [G4] a hundred sends of a client that is away go out in order, beyond the bound they are refused', async () => {
  const server = await realServer()
  const reader = clientOf(server.url)
  const titles = titlesOf(reader)
  await reader.joinChannel('devops')
  const sender = clientOf(server.url, { autoConnect: false, maxWaiting: 100 })
  const expected = Array.from({ length: 100 }, (_, at) => `n${at}`)
  const sends = expected.map((title) => sender.sendNotification({ ...note(title), channel: 'devops' }))
  expect(
    await rejectionOf(sender.sendNotification({ ...note('too many'), channel: 'devops' })),
  ).toMatchObject({
    code: 'queue-full',
    outcome: 'unsent',
    retryable: true,
  })
  sender.connect()
  const receipts = await Promise.all(sends)
  expect(receipts.map(({ offset }) => offset)).toEqual(expected.map((_, at) => at + 1))
  await until(() => titles.length === 100, 'all of them')
  expect(titles).toEqual(expected)
})

test('[CL4] [G7] a send that is too large for any connection never leaves, and its neighbours do', async () => {
  const server = await realServer()
  const client = clientOf(server.url)
  const titles = titlesOf(client)
  await client.joinChannel('devops')
  let losses = 0
  client.on('status', (status) => {
    if (status === 'reconnecting') losses += 1
  })
  const send = (title: string, text: string) =>
    client.sendNotification({ ...note(title), channel: 'devops', data: { text } })
  const before = send('before', 'small')
  const large = rejectionOf(send('large', 'x'.repeat(1_100_000)))
  const after = send('after', 'small')
  expect(await large).toMatchObject({ code: 'too-large', outcome: 'unsent', retryable: false })
  expect([(await before).offset, (await after).offset]).toEqual([1, 2])
  await until(() => titles.length === 2, 'the neighbours')
  expect([titles, losses]).toEqual([['before', 'after'], 0])
})

test('[CL4] [G2] a store that is away for a while holds sends up, in order, and loses none', async () => {
  const memory = createMemoryStore()
  let isAway = true
  const store: NotificationStore = {
    ...memory,
    append: (entries) =>
      isAway
        ? Promise.resolve(entries.map(() => ({ outcome: 'refused' as const, cause: new Error('away') })))
        : memory.append(entries),
  }
  const server = await realServer({ store })
  const client = clientOf(server.url)
  const sends = ['a', 'b', 'c'].map((title) => client.sendNotification({ ...note(title), channel: 'devops' }))
  const { connectedClients } = await client.stats()
  expect(connectedClients).toBe(1)
  isAway = false
  expect((await Promise.all(sends)).map(({ offset }) => offset)).toEqual([1, 2, 3])
})
