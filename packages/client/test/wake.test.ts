import { until } from '@carillon/testkit'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startFake } from './fake-server.ts'
import { clientOf, fakeServer, statusIs, titlesOf } from './kit.ts'

/** As much of a page as the client looks at. */
function stubPage() {
  // Registered before the client, so it runs after the client is closed.
  onTestFinished(() => void vi.unstubAllGlobals())
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  const network = new EventTarget()
  vi.stubGlobal('document', page)
  vi.stubGlobal('addEventListener', network.addEventListener.bind(network))
  vi.stubGlobal('removeEventListener', network.removeEventListener.bind(network))
  return { page, network }
}

test.each(['online', 'visible'])('[CL1] used-up attempts are begun anew when the page is %s', async (how) => {
  const { page, network } = stubPage()
  const server = await startFake()
  const client = clientOf(server.url, { reconnectionAttempts: 1 })
  await statusIs(client, 'connected')
  await server.close()
  await statusIs(client, 'suspended')
  await fakeServer(server.port)
  if (how === 'online') network.dispatchEvent(new Event('online'))
  else page.dispatchEvent(new Event('visibilitychange'))
  await statusIs(client, 'connected')
})

test('[CL1] a client that the server sent away waits for connect(), whatever the page does', async () => {
  const { page, network } = stubPage()
  const server = await fakeServer()
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  for (const socket of server.sockets()) socket.disconnect()
  await statusIs(client, 'suspended')
  network.dispatchEvent(new Event('online'))
  page.dispatchEvent(new Event('visibilitychange'))
  expect(client.status).toBe('suspended')
})

test('[CL15] a page that slept past the time of a renewal renews when it is seen again', async () => {
  const { page } = stubPage()
  const server = await fakeServer()
  server.facts = { authExpiresInMs: 3_600_000 }
  const client = clientOf(server.url, { auth: () => ({ token: 't' }) })
  await statusIs(client, 'connected')
  page.dispatchEvent(new Event('visibilitychange'))
  await client.stats()
  expect(server.argsOf('refresh-auth')).toEqual([])
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_000_000 })
  page.dispatchEvent(new Event('visibilitychange'))
  vi.useRealTimers()
  await until(() => server.argsOf('refresh-auth').length === 1, 'the renewal')
})

test('[CL7] a page that may be going tells at once how far it was served', async () => {
  const { page } = stubPage()
  const server = await fakeServer()
  const client = clientOf(server.url, { auth: { user_id: 'alice' } })
  const titles = titlesOf(client)
  await statusIs(client, 'connected')
  server.append('b', 'one')
  await until(() => titles.length === 1, 'the notification')
  page.visibilityState = 'hidden'
  page.dispatchEvent(new Event('visibilitychange'))
  await client.stats()
  expect(server.argsOf('ack-notifications')).toHaveLength(1)
})

test('[G9] close() leaves no listener on the page', async () => {
  const { network } = stubPage()
  const server = await fakeServer()
  // Socket.IO's own client listens to the page, too.
  const ours = new Set(['online', 'pagehide'])
  const added = new Set<unknown>()
  vi.stubGlobal('addEventListener', (event: string, listener: () => void) => {
    if (ours.has(event)) added.add(listener)
    network.addEventListener(event, listener)
  })
  vi.stubGlobal('removeEventListener', (event: string, listener: () => void) => {
    added.delete(listener)
    network.removeEventListener(event, listener)
  })
  const client = clientOf(server.url)
  expect(added.size).toBe(2)
  client.close()
  expect(added.size).toBe(0)
})
