/* Pages that many have missed are encoded once; whatever the host does with its sockets, they arrive as ever. */
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { as, note, raw, type Stage, stage, stock, V2 } from './stage.ts'

/** Socket.IO's own, but given as an option: nobody can know what it writes. */
const PARSER: object = createRequire(createRequire(import.meta.url).resolve('socket.io'))('socket.io-parser')

const TITLES = ['1', '2', '3']

async function withThree(start: Parameters<typeof stage>[1] = {}): Promise<Stage & { since: object }> {
  const played = await stage({}, start)
  const [first] = await Promise.all(TITLES.map((title) => played.notifications.send(note('devops', title))))
  return { ...played, since: { epoch: first?.epoch, offset: 0 } }
}

test('[SV31] clients that missed the same get the same, each with what is its own after it', async () => {
  const { url, since, notifications } = await withThree()
  const clients = Array.from({ length: 3 }, () => raw(url, { auth: V2 }))
  for (const client of clients) await client.sendEventWithAck('join-channel', 'devops', { since })
  await notifications.send(note('devops', 'live'))
  for (const client of clients) {
    expect((await client.next('notification-received')).title).toBe('live')
    const batches = client.all('notifications-batch')
    expect(batches).toMatchObject([{ stream: 'c:devops', upTo: 3, replayed: true }])
    expect(batches[0]?.items.map(({ title }) => title)).toEqual(TITLES)
  }
})

describe.each([
  ['in a namespace', { on: (io: import('socket.io').Server) => io.of('/team') }, '/team'],
  ['with a parser of its own', { ioOptions: { parser: PARSER } }, '/'],
])('%s', (_, start, nsp) => {
  test('[SV31] a stock client gets what it missed', async () => {
    const { url, since } = await withThree(start)
    const alice = stock(`${url}${nsp}`, as('alice'))
    alice.emit('join-channel', 'devops', { since })
    for (const title of TITLES) {
      expect(await alice.next('notification-received')).toMatchObject({ title, replayed: true })
    }
  })
})

test('[SV31] a listener of the host hears what goes out', async () => {
  const heard: string[] = []
  const { url, since, io } = await withThree()
  io.on('connection', (socket) => socket.onAnyOutgoing((event: string) => void heard.push(event)))
  const alice = stock(url, as('alice'))
  alice.emit('join-channel', 'devops', { since })
  await alice.next('notification-received', ({ title }) => title === '3')
  expect(heard.filter((event) => event === 'notification-received')).toHaveLength(3)
})
