import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connectStock, type StockClient, until } from '@carillon/testkit'
import { type RunningExample, startExample } from '@carillon/testkit/examples'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

let example: RunningExample
const clients: StockClient[] = []

const join = async (userId: string, channel: string) => {
  const client = connectStock(example.url, { name: userId, auth: { user_id: userId, username: userId } })
  clients.push(client)
  client.emit('join-channel', channel)
  await client.next('channel-joined')
  return client
}

beforeAll(async () => {
  example = await startExample(import.meta.url)
})

afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})

afterAll(() => example.stop())

test('[QS1] the quickstart prints its real address and what to do', async () => {
  const guide = 'Open it in two windows: what you send in one arrives in the other.'
  await until(() => example.output().includes(guide), 'the second line')
  expect(example.output().trimEnd().split('\n').slice(-2)).toEqual([`Carillon runs on ${example.url}`, guide])
})

test('[QS2] what one stock client sends to a channel reaches another, and the sender gets its receipt', async () => {
  const alice = await join('alice', 'devops')
  const bruno = await join('bruno', 'devops')
  alice.emit('send-notification', { channel: 'devops', title: 'CPU alert', message: 'CPU at 90 %' })
  const received = await bruno.next('notification-received')
  expect(received).toMatchObject({
    title: 'CPU alert',
    message: 'CPU at 90 %',
    sender: 'alice',
    channel: 'devops',
  })
  expect(await alice.next('notification-sent')).toMatchObject({
    notificationId: received.id,
    channel: 'devops',
  })
})

test('[QS3] refusals are in English', async () => {
  const alice = await join('alice', 'devops')
  alice.emit('send-notification', { message: 'no title' })
  const { errors } = await alice.next('error-message')
  expect(errors).toEqual(["The field 'title' is required"])
})

test('[QS4] an order that comes in over HTTP is announced in its channel', async () => {
  const alice = await join('alice', 'orders')
  const response = await fetch(`${example.url}/orders/ORD-42`, { method: 'POST' })
  expect(response.status).toBe(201)
  const { notificationId } = await response.json()
  expect(await alice.next('notification-received')).toMatchObject({
    id: notificationId,
    data: { ref: 'ORD-42' },
  })
})

test('[QS5] a taken port is said in one sentence', async () => {
  const { port } = new URL(example.url)
  const second = spawn(process.execPath, ['server.js'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, PORT: port },
  })
  let said = ''
  second.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const [code] = await once(second, 'close')
  expect(code).toBe(1)
  expect(said).toMatch(new RegExp(`^Port ${port} is taken: [^\\n]+\\n$`))
})

test('[QS6] asked to stop while somebody is connected, it ends in good order', async () => {
  const other = await startExample(import.meta.url)
  const client = connectStock(other.url, { reconnection: false })
  clients.push(client)
  await client.next('connection-confirmed')
  expect(await other.stop()).toBe(0)
})
