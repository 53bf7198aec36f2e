import { deferred, until } from '@carillon/testkit'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { ClientStorage, ConnectOptions, NotificationsClient } from '../src/index.ts'
import { connectNotifications } from '../src/index.ts'
import { clientOf, fakeServer, socketOf, statusIs, titlesOf } from './kit.ts'
import { memoryStorage } from './memory-storage.ts'
import { type RealServer, realServer } from './real-server.ts'

const note = (title: string, channel?: string) => ({ title, message: 'm', ...(channel && { channel }) })

async function isAway(server: RealServer): Promise<void> {
  await until(() => server.io.sockets.sockets.size === 0, 'nobody to be connected')
}

/** Joins as a page does, and tells what it was handed. */
async function visit(url: string, storage: ClientStorage, options: ConnectOptions = {}) {
  const client = clientOf(url, { storage, ...options })
  const all = titlesOf(client)
  const devops = await client.joinChannel('devops')
  const own: string[] = []
  devops.on('notification', ({ title }) => own.push(title))
  return { client, devops, all, own }
}

test.each(['a guest', 'alice'])(
  '[CL14] [G3] after a reload exactly what was missed is handed over: %s',
  async (who) => {
    const server = await realServer()
    const auth = who === 'alice' ? { user_id: who } : {}
    const storage = memoryStorage()
    const first = await visit(server.url, storage, { auth })
    for (const title of ['a', 'b']) await server.notifications.send(note(title, 'devops'))
    await server.notifications.send(note('to all 1'))
    await until(() => first.all.length === 3, 'what came live')
    first.client.close()
    await isAway(server)
    for (const title of ['c', 'd', 'e']) await server.notifications.send(note(title, 'devops'))
    await server.notifications.send(note('to all 2'))
    const second = await visit(server.url, storage, { auth })
    await until(() => second.own.length === 3 && second.all.length === 4, 'what was missed')
    await server.notifications.send(note('f', 'devops'))
    await until(() => second.own.length === 4, 'what comes live')
    expect(second.own).toEqual(['c', 'd', 'e', 'f'])
    expect([...second.all].sort()).toEqual(['c', 'd', 'e', 'f', 'to all 2'])
    expect([second.devops.recovered, second.devops.pendingCount]).toEqual([true, 3])
    expect(second.client.clientId).toBe(first.client.clientId)
  },
)

test('[CL14] [G2] a page that was never heard of again before it had seen anything starts where it joined', async () => {
  const server = await realServer()
  const storage = memoryStorage()
  const first = clientOf(server.url, { storage })
  const devops = await first.joinChannel('devops')
  // Nobody listens: it is held for a first listener and has not been handed over.
  await first.sendNotification(note('unseen', 'devops'))
  await first.stats()
  expect(devops.recovered).toBeNull()
  const second = await visit(server.url, storage.copy())
  await until(() => second.own.length === 1, 'the one that nobody saw')
  expect(second.own).toEqual(['unseen'])
})

test('[CL14] a position is written when what was held is handed over, in the same task', async () => {
  const server = await fakeServer()
  const storage = memoryStorage()
  const client = clientOf(server.url, { storage })
  const devops = await client.joinChannel('devops')
  const offsets = (): number[] =>
    [...storage.items]
      .filter(([key]) => key.endsWith(':c:devops'))
      .map(([, value]) => JSON.parse(value).offset)
  for (const title of ['a', 'b']) server.append('c:devops', title)
  await client.stats()
  expect(offsets()).toEqual([0])
  const seen: unknown[] = []
  devops.on('notification', ({ title }) => {
    seen.push([title, offsets()])
    queueMicrotask(() => seen.push(offsets()))
  })
  await until(() => seen.length === 4, 'both')
  expect(seen).toEqual([['a', [0]], ['b', [0]], [2], [2]])
})

test('[CL14] what was left is forgotten, and what was refused for now is not', async () => {
  const server = await fakeServer()
  const storage = memoryStorage()
  const first = await visit(server.url, storage)
  server.append('c:devops', 'a')
  await until(() => first.own.length === 1, 'the first')
  first.client.close()
  const second = clientOf(server.url, { storage })
  server.script = (asked) => asked.refuse({ code: 'store-unavailable', retryable: true })
  await expect(second.joinChannel('devops')).rejects.toMatchObject({ code: 'store-unavailable' })
  server.script = (asked) => asked.answer()
  expect((await second.joinChannel('devops')).recovered).toBe(true)
  await second.leaveChannel('devops')
  expect((await second.joinChannel('devops')).recovered).toBeNull()
})

test('[CL14] [G5] a log that was lost between two pages is told', async () => {
  const server = await fakeServer()
  const storage = memoryStorage()
  const first = await visit(server.url, storage)
  server.append('c:devops', 'old')
  await until(() => first.own.length === 1, 'the first')
  first.client.close()
  server.lose('c:devops')
  server.append('c:devops', 'new')
  const second = await visit(server.url, storage)
  expect(second.devops.recovered).toBe(false)
  await until(() => second.own.length === 1, 'what there is now')
  expect(second.own).toEqual(['new'])
})

test('[CL14] two clients and two users never read each other’s', async () => {
  const server = await realServer()
  const storage = memoryStorage()
  const alice = await visit(server.url, storage, { auth: { user_id: 'alice' } })
  const again = await visit(server.url, storage, { auth: { user_id: 'alice' } })
  const guest = await visit(server.url, storage)
  expect(new Set([alice, again, guest].map(({ client }) => client.clientId)).size).toBe(3)
  await server.notifications.send(note('a', 'devops'))
  await until(() => [alice, again, guest].every(({ own }) => own.length === 1), 'all three')
  for (const { client } of [alice, again, guest]) client.close()
  await isAway(server)
  await server.notifications.send(note('b', 'devops'))
  const bob = await visit(server.url, storage, { auth: async () => ({ user_id: 'bob' }) })
  const carol = await visit(`${server.url}/`, memoryStorage(), { auth: { user_id: 'carol' } })
  expect([bob.devops.recovered, carol.devops.recovered]).toEqual([null, null])
  const back = await visit(server.url, storage, { auth: async () => ({ user_id: 'alice' }) })
  expect([back.devops.recovered, back.client.clientId]).toEqual([true, alice.client.clientId])
})

test('[CL14] somebody else than before begins anew, on a later page and on this one', async () => {
  let user = 'alice'
  const server = await realServer({ authenticate: () => ({ userId: user }) })
  const storage = memoryStorage()
  const options = { auth: { token: 't' } }
  const first = await visit(server.url, storage, options)
  await server.notifications.send(note('for Alice', 'devops'))
  await until(() => first.own.length === 1, 'the first')
  first.client.close()
  await isAway(server)
  await server.notifications.send(note('missed by Alice', 'devops'))
  user = 'bob'
  const second = await visit(server.url, storage, options)
  expect(second.devops.recovered).toBeNull()
  const rejoined = new Promise((resolve) => second.devops.once('joined', resolve))
  user = 'carol'
  server.cut()
  await until(() => second.client.userId === 'carol', 'Carol')
  expect(await rejoined).not.toHaveProperty('recovered')
  expect(second.own).toEqual([])
})

test('[CL14] a socket that was handed in goes on after a reload, too', async () => {
  const server = await realServer()
  const storage = memoryStorage()
  const page = async () => {
    const socket = socketOf(server.url, { autoConnect: false, auth: { user_id: 'alice' } })
    const client = connectNotifications(socket, { storage })
    onTestFinished(() => client.close())
    client.connect()
    const devops = await client.joinChannel('devops')
    const titles: string[] = []
    devops.on('notification', ({ title }) => titles.push(title))
    return { client, socket, devops, titles }
  }
  const first = await page()
  await server.notifications.send(note('a', 'devops'))
  await until(() => first.titles.length === 1, 'the first')
  first.client.close()
  first.socket.disconnect()
  await isAway(server)
  await server.notifications.send(note('b', 'devops'))
  const second = await page()
  await until(() => second.titles.length === 1, 'the one that was missed')
  expect([second.titles, second.devops.recovered]).toEqual([['b'], true])
  expect(second.client.clientId).toBe(first.client.clientId)
})

test.each([
  ['what it holds is none of ours', () => memoryStorage(), 'nonsense'],
  [
    'what it holds is of another shape',
    () => memoryStorage(),
    '{"id":"a b","user":7,"epoch":[],"offset":-1}',
  ],
  ['what it holds is a list', () => memoryStorage(), '[[1],[2]]'],
])('[CL14] [G7] a storage does no harm: %s', async (_, make, junk) => {
  const server = await fakeServer()
  const storage = make()
  const first = await visit(server.url, storage, { outbox: 'storage' })
  first.client.close()
  for (const key of storage.items.keys()) storage.items.set(key, junk)
  storage.items.set([...storage.items.keys()][0]?.replace(/:[^:]*$/, ':sends') ?? '', junk)
  const second = await visit(server.url, storage, { outbox: 'storage' })
  const problems: unknown[] = []
  second.client.on('problem', (problem) => problems.push(problem))
  server.append('c:devops', 'a')
  await until(() => second.own.length === 1, 'a notification')
  expect([second.devops.recovered, problems]).toEqual([null, []])
})

test('[CL14] [G7] a storage that throws, or is full, does no harm', async () => {
  const server = await fakeServer()
  const full = memoryStorage()
  const fail = (): never => {
    throw new Error('QuotaExceededError')
  }
  const storages: ClientStorage[] = [
    { ...full, setItem: fail },
    { getItem: fail, setItem: fail, removeItem: fail },
  ]
  for (const storage of storages) {
    const { client, own } = await visit(server.url, storage, { outbox: 'storage' })
    await client.sendNotification(note('a', 'devops'))
    await until(() => own.length === 1, 'the notification')
    client.close()
  }
})

test('[CL14] storage: false keeps nothing', async () => {
  const server = await fakeServer()
  const storage = memoryStorage()
  vi.stubGlobal('sessionStorage', storage)
  onTestFinished(() => void vi.unstubAllGlobals())
  const client = clientOf(server.url, { storage: false, outbox: 'storage' })
  await client.joinChannel('devops')
  await client.sendNotification(note('a', 'devops'))
  expect(storage.items.size).toBe(0)
})

test('[CL14] the storage of the page is used by default, if it can be', async () => {
  const server = await fakeServer()
  const storage = memoryStorage()
  vi.stubGlobal('sessionStorage', storage)
  onTestFinished(() => void vi.unstubAllGlobals())
  const client = clientOf(server.url)
  await client.joinChannel('devops')
  expect([...storage.items.keys()].filter((key) => key.endsWith(':c:devops'))).toHaveLength(1)
  client.close()
  const forbidden = vi.spyOn(globalThis, 'sessionStorage', 'get').mockImplementation(() => {
    throw new Error('SecurityError')
  })
  onTestFinished(() => forbidden.mockRestore())
  await clientOf(server.url).joinChannel('devops')
})

test('[CL14] keys hold neither password nor query of the address', async () => {
  const server = await fakeServer()
  const storage = memoryStorage()
  const client = clientOf(`${server.url.replace('//', '//me:secret@')}?token=secret`, { storage })
  await statusIs(client, 'connected')
  expect([...storage.items.keys()].join(' ')).not.toContain('secret')
  expect(storage.items.size).toBeGreaterThan(0)
})

/** As much of a page as the client looks at. */
function stubPage(): EventTarget {
  onTestFinished(() => void vi.unstubAllGlobals())
  const page = new EventTarget()
  vi.stubGlobal('document', new EventTarget())
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
  return page
}

test('[CL14] a tab that was duplicated takes an id of its own, and goes on from the same positions', async () => {
  stubPage()
  const server = await realServer()
  const storage = memoryStorage()
  const original = await visit(server.url, storage)
  await server.notifications.send(note('a', 'devops'))
  await until(() => original.own.length === 1, 'the first')
  const copied = storage.copy()
  await server.notifications.send(note('b', 'devops'))
  const copy = await visit(server.url, copied)
  await until(() => copy.own.length === 1 && original.own.length === 2, 'the second')
  expect([original.own, copy.own]).toEqual([['a', 'b'], ['b']])
  expect(copy.client.clientId).not.toBe(original.client.clientId)
})

test('[CL14] a page that goes is followed by one with the same id; one that comes back is here again', async () => {
  const page = stubPage()
  const server = await fakeServer()
  const storage = memoryStorage()
  const first = clientOf(server.url, { storage })
  await statusIs(first, 'connected')
  page.dispatchEvent(new Event('pagehide'))
  const next = clientOf(server.url, { storage: storage.copy() })
  expect(next.clientId).toBe(first.clientId)
  page.dispatchEvent(new Event('pageshow'))
  expect(clientOf(server.url, { storage: storage.copy() }).clientId).not.toBe(first.clientId)
})

/** A page that dies with sends that nobody has answered: what it leaves, and what the server was asked. */
async function dyingPage(server: Awaited<ReturnType<typeof fakeServer>>, auth = {}) {
  const storage = memoryStorage()
  const client: NotificationsClient = clientOf(server.url, { storage, outbox: 'storage', auth })
  await statusIs(client, 'connected')
  const stored = deferred<void>()
  server.script = (asked) => {
    // The first is stored and not confirmed, the rest is not even seen.
    if (asked.event === 'send-notification' && !stored.isResolved()) {
      server.script = () => undefined
      asked.answer()
      stored.resolve()
    }
  }
  for (const title of ['a', 'b', 'c']) client.sendNotification(note(title, 'devops')).catch(() => undefined)
  const left = storage.copy()
  await stored.promise
  server.script = (asked) => asked.answer()
  return left
}

test('[CL13] [G4] sends of a page that died go out on the next one, before its own, each as one notification', async () => {
  const server = await fakeServer()
  const storage = await dyingPage(server)
  const client = clientOf(server.url, { storage, outbox: 'storage' })
  const problems: unknown[] = []
  client.on('problem', (problem) => problems.push(problem))
  const own = await client.sendNotification(note('d', 'devops'))
  expect(own.offset).toBe(4)
  const sent = server.argsOf('send-notification').slice(3)
  expect(sent.map(([input]) => (input as { title: string }).title)).toEqual(['a', 'b', 'c', 'd'])
  expect([...storage.items.keys()].filter((key) => key.endsWith(':sends'))).toEqual([])
  expect(problems).toEqual([])
})

test('[CL13] a send of the page before that fails is told as a problem', async () => {
  const server = await fakeServer()
  const storage = await dyingPage(server)
  server.script = (asked) => asked.refuse({ code: 'not-allowed' })
  const client = clientOf(server.url, { storage, outbox: 'storage' })
  const problems: unknown[] = []
  client.on('problem', ({ code, idempotencyKey }) => problems.push([code, typeof idempotencyKey]))
  await until(() => problems.length === 3, 'all three')
  expect(problems).toEqual(Array.from({ length: 3 }, () => ['not-allowed', 'string']))
})

test('[CL13] sends of somebody else do not go out', async () => {
  const server = await fakeServer()
  const storage = await dyingPage(server, { user_id: 'alice' })
  const bob = clientOf(server.url, { storage, outbox: 'storage', auth: { user_id: 'bob' } })
  await bob.sendNotification(note('of Bob', 'devops'))
  expect(server.argsOf('send-notification')).toHaveLength(4)
  // The same address, but the server says that it is somebody else now.
  for (const [key, value] of storage.items)
    storage.items.set(key, value.replace('"user":"alice"', '"user":"eve"'))
  const alice = clientOf(server.url, { storage, outbox: 'storage', auth: { user_id: 'alice' } })
  await alice.sendNotification(note('of Alice', 'devops'))
  expect(server.argsOf('send-notification')).toHaveLength(5)
})

test('[CL13] [G4] a duplicated tab with sends keeps the id by which the server knows their keys', async () => {
  stubPage()
  const server = await fakeServer()
  const storage = await dyingPage(server)
  const client = clientOf(server.url, { storage, outbox: 'storage' })
  const kept = [...storage.items].find(([key]) => key.endsWith(':id'))?.[1] ?? ''
  expect(client.clientId).toBe(JSON.parse(kept).id)
  expect((await client.sendNotification(note('d', 'devops'))).offset).toBe(4)
})

test('[CL13] what the page before left stays for the next one, as long as nobody has answered', async () => {
  const server = await fakeServer()
  const storage = await dyingPage(server)
  server.script = () => undefined
  const second = clientOf(server.url, { storage, outbox: 'storage' })
  const problems: unknown[] = []
  second.on('problem', (problem) => problems.push(problem))
  await until(() => server.argsOf('send-notification').length === 6, 'all three, again')
  second.close()
  server.script = (asked) => asked.answer()
  const third = clientOf(server.url, { storage, outbox: 'storage' })
  expect((await third.sendNotification(note('d', 'devops'))).offset).toBe(4)
  expect(problems).toEqual([])
})

test('[CL13] what was told to its caller is not kept: close() leaves nothing to send', async () => {
  const server = await fakeServer()
  const storage = memoryStorage()
  const client = clientOf(server.url, { storage, outbox: 'storage' })
  server.script = () => undefined
  const failed = client.sendNotification(note('a', 'devops')).catch(({ code }) => code)
  await until(() => server.asked.length === 1, 'the request')
  expect([...storage.items.keys()].some((key) => key.endsWith(':sends'))).toBe(true)
  client.close()
  expect(await failed).toBe('closed')
  expect([...storage.items.keys()].some((key) => key.endsWith(':sends'))).toBe(false)
})
