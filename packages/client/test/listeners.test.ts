import { until } from '@carillon/testkit'
import { expect, test, vi } from 'vitest'
import type { NotificationsError } from '../src/index.ts'
import { clientOf, fakeServer, statusIs, titlesOf } from './kit.ts'

test('[CL8] a listener that throws or rejects stops nobody and is told as a problem', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const problems: NotificationsError[] = []
  client.on('problem', (problem) => problems.push(problem))
  client.on('notification', () => {
    throw new Error('thrown')
  })
  client.on('notification', async () => {
    throw new Error('rejected')
  })
  const titles = titlesOf(client)
  const devops = await client.joinChannel('devops')
  devops.on('notification', () => {
    throw new Error('in the subscription')
  })
  server.append('c:devops', 'one')
  await until(() => problems.length === 3, 'three problems')
  expect(titles).toEqual(['one'])
  expect(problems.map(({ code, cause }) => [code, cause instanceof Error && cause.message]).sort()).toEqual([
    ['listener-failed', 'in the subscription'],
    ['listener-failed', 'rejected'],
    ['listener-failed', 'thrown'],
  ])
})

test('[CL8] without a listener for problems, and for a throw in one, the console hears of it', async () => {
  const server = await fakeServer()
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  try {
    const client = clientOf(server.url)
    client.on('status', () => {
      throw new Error('unheard')
    })
    await statusIs(client, 'connected')
    expect(error).toHaveBeenCalledTimes(1)
    client.on('problem', () => {
      throw new Error('in the last resort')
    })
    server.cut()
    await until(() => error.mock.calls.length === 2, 'the second line')
    expect(error.mock.calls.map(([, cause]) => (cause as Error).message)).toEqual([
      'unheard',
      'in the last resort',
    ])
    client.close()
  } finally {
    error.mockRestore()
  }
})

test('[CL8] on, once, off and listeners work and chain', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const heard: string[] = []
  const always = (): void => void heard.push('always')
  const removed = (): void => void heard.push('removed')
  client
    .on('notification', always)
    .on('notification', removed)
    .once('notification', () => void heard.push('once'))
    .off('notification', removed)
    .off('notification', () => undefined)
  expect(client.listeners('notification')).toHaveLength(2)
  await statusIs(client, 'connected')
  server.append('b', 'one')
  server.append('b', 'two')
  await until(() => heard.length === 3, 'both')
  expect(heard).toEqual(['always', 'once', 'always'])
  expect(client.listeners('notification')).toEqual([always])
})

test('[CL8] an error-message that answers no request is a problem', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  await statusIs(client, 'connected')
  const problem = new Promise<NotificationsError>((resolve) => client.on('problem', resolve))
  for (const socket of server.sockets())
    socket.emit('error-message', {
      errors: ['Refusé'],
      code: 'store-unavailable',
      event: 'ack-notifications',
    })
  expect(await problem).toMatchObject({ code: 'store-unavailable', errors: ['Refusé'] })
})

test('[CL8] closing from within a listener is as good as anywhere', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const devops = await client.joinChannel('devops')
  client.on('notification', () => client.close())
  server.append('c:devops', 'one')
  await until(() => client.status === 'closed', 'the end')
  expect(devops.state).toBe('left')
  await until(() => server.sockets().length === 0, 'the connection to end')
})
