import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startServer } from '@carillon/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { connectNotifications, type NotificationsClient, type NotificationsError } from '../src/index.ts'
import { startFake } from './fake-server.ts'
import { clientOf, fakeServer, rejectionOf, socketOf, statusIs } from './kit.ts'

function problemsOf(client: NotificationsClient): NotificationsError[] {
  const problems: NotificationsError[] = []
  client.on('problem', (problem) => problems.push(problem))
  return problems
}

/** An address where nobody listens any more. */
async function deserted(): Promise<string> {
  const server = await startFake()
  await server.close()
  return server.url
}

const POLLING = { transports: ['polling'], reconnectionAttempts: 1 }

test('[CL12] a call without a connection says where to, how it stands, and why', async () => {
  const url = await deserted()
  const client = clientOf(`${url}?token=secret`, POLLING)
  await statusIs(client, 'suspended')
  const error = await rejectionOf(client.joinChannel('devops', { timeoutMs: 20 }))
  expect(error).toMatchObject({
    code: 'timeout',
    outcome: 'unsent',
    retryable: true,
    message: `joinChannel: not connected to ${url} after 20 ms (suspended: xhr poll error)`,
    cause: expect.objectContaining({ message: 'xhr poll error' }),
  })
})

test('[CL12] a server that is not there is a problem, once for each suspension', async () => {
  const url = await deserted()
  const client = clientOf(url, POLLING)
  const problems = problemsOf(client)
  await statusIs(client, 'suspended')
  expect(problems).toMatchObject([
    {
      code: 'disconnected',
      retryable: true,
      message: `not connected to ${url}: xhr poll error`,
      cause: expect.objectContaining({ message: 'xhr poll error' }),
    },
  ])
  client.connect()
  await statusIs(client, 'suspended')
  expect(problems).toHaveLength(2)
})

test('[CL12] a wrong path is told with the answer of HTTP', async () => {
  const server = createServer((_request, response) => response.writeHead(404).end())
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = clientOf(`http://127.0.0.1:${port}`, POLLING)
  const problems = problemsOf(client)
  await statusIs(client, 'suspended')
  const why = expect.stringMatching(/^not connected to http:\S+: xhr poll error, HTTP 404$/)
  expect(problems).toMatchObject([{ code: 'disconnected', message: why }])
})

test('[CL12] a namespace that there is not is told once, and to every call', async () => {
  const server = await fakeServer()
  const client = clientOf(`${server.url}/nowhere`)
  const problems = problemsOf(client)
  await statusIs(client, 'suspended')
  const error = await rejectionOf(client.stats({ timeoutMs: 20 }))
  const message = `stats: not connected to ${server.url}/nowhere after 20 ms (suspended: Invalid namespace)`
  expect(error).toMatchObject({ message, cause: expect.objectContaining({ message: 'Invalid namespace' }) })
  expect(problems).toMatchObject([{ code: 'connection-refused', message: 'Invalid namespace' }])
})

test('[CL12] a connection that broke for good tells how', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url, { reconnection: false })
  await statusIs(client, 'connected')
  const problems = problemsOf(client)
  server.cut()
  await statusIs(client, 'suspended')
  expect(problems).toMatchObject([{ message: `not connected to ${server.url}: transport close` }])
})

test('[CL12] a server that does not know Carillon is asked about', async () => {
  const server = await startServer({})
  onTestFinished(() => server.close())
  const client = clientOf(server.url)
  const error = await rejectionOf(client.joinChannel('devops', { timeoutMs: 200 }))
  const message = "joinChannel: no answer within 200 ms; is Carillon attached to the server's namespace?"
  expect(error).toMatchObject({ code: 'timeout', message })
})

test('[CL12] a server that has confirmed and is silent is just that', async () => {
  const server = await fakeServer()
  server.script = () => undefined
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  const error = await rejectionOf(client.stats({ timeoutMs: 20 }))
  expect(error).toMatchObject({ code: 'timeout', message: 'stats: no answer within 20 ms' })
})

test('[CL12] a socket that was handed in says where it belongs, too', async () => {
  const url = await deserted()
  const client = connectNotifications(socketOf(url, { autoConnect: false }))
  onTestFinished(() => client.close())
  const error = await rejectionOf(client.stats({ timeoutMs: 20 }))
  expect(error).toMatchObject({ message: `stats: not connected to ${url} after 20 ms (suspended)` })
})

test('[CL12] last words of several sentences are kept apart', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  const problem = new Promise<NotificationsError>((resolve) => client.on('problem', resolve))
  for (const socket of server.sockets()) {
    socket.emit('error-message', { errors: ['Titre requis', 'Message requis'], code: 'closing', event: null })
    socket.disconnect()
  }
  expect((await problem).message).toBe('Titre requis; Message requis')
})
