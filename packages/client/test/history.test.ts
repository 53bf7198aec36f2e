/* Pages of what was sent before, and joins that begin before the head: against the real server. */
import { until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { clientOf, rejectionOf, titlesOf } from './kit.ts'
import { type RealServer, realServer } from './real-server.ts'

async function withTen(): Promise<RealServer> {
  const server = await realServer()
  for (let n = 1; n <= 10; n++) {
    await server.notifications.send({ channel: 'devops', title: `${n}`, message: 'm' })
  }
  return server
}

const titles = ({ items }: { items: readonly { title: string }[] }): string[] =>
  items.map(({ title }) => title)

test('[P-HISTORY] pages lead back to the beginning, and nothing is joined', async () => {
  const { url } = await withTen()
  const client = clientOf(url)
  const last = await client.history({ channel: 'devops', limit: 4 })
  expect([titles(last), last.hasMore, last.head]).toEqual([['7', '8', '9', '10'], true, 10])
  expect(last.items[0]).toMatchObject({ channel: 'devops', replayed: true, offset: 7 })
  const before = await client.history({ channel: 'devops', before: 7, limit: 100 })
  expect([titles(before), before.hasMore]).toEqual([['1', '2', '3', '4', '5', '6'], false])
  expect(titles(await client.history({ channel: 'devops', after: 8 }))).toEqual(['9', '10'])
  expect(await client.channels()).toEqual([])
})

test('[P-HISTORY] of the user and of everybody', async () => {
  const { url, notifications } = await realServer()
  await notifications.send({ to: { user: 'alice' }, title: 'own', message: 'm' })
  await notifications.send({ title: 'to all', message: 'm' })
  const alice = clientOf(url, { auth: { user_id: 'alice' } })
  expect(titles(await alice.history({ stream: 'u' }))).toEqual(['own'])
  expect(titles(await alice.history({ stream: 'b' }))).toEqual(['to all'])
  expect(await rejectionOf(clientOf(url).history({ stream: 'u' }))).toMatchObject({ code: 'not-allowed' })
})

test.each([
  [undefined, '"query" must be an object, got undefined'],
  [{ chanel: 'devops' }, 'unknown field "chanel"; the fields are channel, stream, after, before, limit'],
])('[CL11] what is asked for is looked at: %j', async (query, message) => {
  const client = clientOf((await realServer()).url)
  const call: (query: unknown) => Promise<unknown> = (given) => Reflect.apply(client.history, client, [given])
  expect(await rejectionOf(call(query))).toMatchObject({ code: 'bad-option', message: `history: ${message}` })
})

test('[P-REWIND] who joins for the first time may begin before the head, who comes back does not', async () => {
  const { url, notifications, cut } = await withTen()
  const client = clientOf(url)
  const seen = titlesOf(client)
  const devops = await client.joinChannel('devops', { rewind: 3 })
  await until(() => seen.length === 3, 'the last three')
  expect([seen, devops.pendingCount]).toEqual([['8', '9', '10'], 3])
  const again = new Promise((resolve) => devops.once('joined', resolve))
  cut()
  await again
  await notifications.send({ channel: 'devops', title: '11', message: 'm' })
  await until(() => seen.includes('11'), 'the next')
  expect(seen).toEqual(['8', '9', '10', '11'])
})
