/* A connection that is too slow: the server says so and sends pages; the application notices the delay alone. */
import { createFaultProxy, until } from '@carillon/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { clientOf, fakeServer, titlesOf } from './kit.ts'
import { realServer } from './real-server.ts'

test('[P-LAGGING] [G1] [G2] [G3] a stalled connection lags, is told, and hands over everything once', async () => {
  const limits = { bufferedBytes: 200_000, bufferedFrames: 100, pageItems: 5, stalledMs: 4_000 }
  const server = await realServer({ limits })
  const proxy = await createFaultProxy(() => ({ port: server.port }))
  onTestFinished(() => proxy.close())
  const client = clientOf(`http://127.0.0.1:${proxy.port}`, { auth: { user_id: 'alice' } })
  const titles = titlesOf(client)
  const problems: string[] = []
  client.on('problem', ({ code }) => problems.push(code))
  const statuses: string[] = []
  await client.joinChannel('devops')
  client.on('status', (status) => statuses.push(status))
  let isLagging = false
  server.notifications.on('lagging', () => {
    isLagging = true
  })
  const expected: string[] = []
  const send = async (channel: string | null): Promise<void> => {
    const title = `${expected.length + 1}`
    expected.push(title)
    const data = { blob: 'x'.repeat(60_000) }
    await server.notifications.send({ channel, title, message: 'm', data })
  }
  proxy.set({ down: 'stall' })
  await until(async () => {
    for (let n = 0; n < 5; n++) await send('devops')
    return isLagging
  }, 'it lags')
  for (let n = 0; n < 20; n++) await send('devops')
  proxy.heal()
  await until(() => titles.length === expected.length, 'everything')
  await send('devops')
  await until(() => titles.length === expected.length, 'the one after that')
  expect(titles).toEqual(expected)
  await until(() => problems.length > 0, 'it is told')
  expect(problems).toEqual(['lagging'])
  expect(statuses).toEqual([])
}, 15_000)

test('[P-LAGGING] what was live and comes again in a batch is handed over once', async () => {
  const server = await fakeServer()
  const client = clientOf(server.url)
  const titles = titlesOf(client)
  await client.joinChannel('devops')
  const { epoch } = server.append('c:devops', '1')
  await until(() => titles.length === 1, 'the live one')
  const items = ['1', '2', '3'].map((title, at) => ({
    ...{ id: `i${at + 1}`, type: 'info', title, message: 'm', data: null, sender: 's' },
    ...{ timestamp: new Date().toISOString(), offset: at + 1 },
  }))
  for (const socket of server.sockets()) {
    socket.emit('error-message', { errors: ['slow'], code: 'lagging', event: null })
    socket.emit('notifications-batch', { stream: 'c:devops', epoch, upTo: 3, items, replayed: true })
  }
  await until(() => titles.includes('3'), 'the batch')
  server.append('c:devops', '2 of the fake, dropped')
  await client.stats()
  expect(titles).toEqual(['1', '2', '3'])
})
