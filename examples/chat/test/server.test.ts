import { connectStock, type StockClient, until } from '@carillon/testkit'
import { type RunningExample, startExample } from '@carillon/testkit/examples'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

let example: RunningExample
const clients: StockClient[] = []

const enter = async (username: string) => {
  const client = connectStock(example.url, { name: username, auth: { user_id: username, username } })
  clients.push(client)
  client.emit('join', username)
  client.emit('join-channel', 'chat')
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

test('[CH1] the chat prints its address and what to do', async () => {
  const guide = 'Ouvrez-le dans deux fenêtres, sous deux pseudos.'
  await until(() => example.output().includes(guide), 'the second line')
  expect(example.output().trimEnd().split('\n').slice(-2)).toEqual([
    `Le chat est ouvert sur ${example.url}`,
    guide,
  ])
})

test("[CH2] messages go through Carillon, comings and goings through the host's own events", async () => {
  const alice = await enter('alice')
  const bruno = await enter('bruno')
  expect(await alice.next('user-joined', (event) => isOf('bruno', event))).toEqual({
    username: 'bruno',
    userCount: 2,
  })
  bruno.emit('send-notification', { channel: 'chat', title: 'Nouveau message', message: 'Bonjour !' })
  expect(await alice.next('notification-received')).toMatchObject({ sender: 'bruno', message: 'Bonjour !' })
  bruno.close()
  expect(await alice.next('user-left')).toEqual({ username: 'bruno', userCount: 1 })
})

test('[CH3] a nickname that is not text joins nothing and harms nobody', async () => {
  const chloe = await enter('chloe')
  chloe.emit('join', { username: 'chloe' })
  chloe.emit('send-notification', { channel: 'chat', title: 'Nouveau message', message: 'Toujours là' })
  expect(await chloe.next('notification-received')).toMatchObject({ message: 'Toujours là' })
})

test('[CH4] asked to stop while somebody is there, it ends in good order', async () => {
  const other = await startExample(import.meta.url)
  const client = connectStock(other.url, { reconnection: false })
  clients.push(client)
  await client.next('connection-confirmed')
  expect(await other.stop()).toBe(0)
})

function isOf(username: string, event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'username' in event && event.username === username
}
