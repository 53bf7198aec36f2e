/*
 * Statistics: the first change at once, then coalesced, so that N connections cost O(N) and not O(N²).
 * Ids: P-STATS-FIRST, P-STATS-COALESCED, P-STATS-TRUE
 */
import { type RawClient, until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { raw, stage } from './stage.ts'

const N = 200
const CHANNELS = 5

test('[P-STATS-FIRST] the first change goes out at once, the next ones wait together', async () => {
  const { url, notifications } = await stage({ stats: { minIntervalMs: 60_000 } })
  const first = raw(url)
  expect(await first.next('server-stats')).toMatchObject({ connectedClients: 1, activeChannels: 0 })
  const second = raw(url)
  second.sendEvent('join-channel', 'devops')
  await second.next('channel-joined')
  // An answer of the server to each: whatever it had to say before has arrived.
  for (const client of [first, second]) await client.sendEventWithAck('get-channels')
  expect(first.all('server-stats')).toHaveLength(1)
  expect(second.all('server-stats')).toEqual([])
  expect(await notifications.stats()).toMatchObject({ connectedClients: 2, activeChannels: 1 })
})

test('[P-STATS-FIRST] after a quiet time a change goes out at once again', async () => {
  const { url } = await stage({ stats: { minIntervalMs: 20 } })
  const watcher = raw(url)
  await watcher.next('server-stats')
  for (const name of ['a', 'b', 'c']) {
    watcher.sendEvent('join-channel', name)
    await watcher.next('server-stats', ({ activeChannels }) => activeChannels === name.charCodeAt(0) - 96)
  }
})

test('[P-STATS-COALESCED] the pause grows with the number of clients', async () => {
  const { url } = await stage({ stats: { minIntervalMs: 1, perClientMs: 30_000 } })
  const clients = [raw(url), raw(url), raw(url)]
  await Promise.all(clients.map((client) => client.next('connection-confirmed')))
  await Promise.all(clients.map((client) => client.sendEventWithAck('get-channels')))
  expect(clients.reduce((sum, client) => sum + client.all('server-stats').length, 0)).toBe(1)
})

test(`[P-STATS-COALESCED] ${N} clients that connect and join get at most ${6 * N} statistics`, async () => {
  const minIntervalMs = 500
  const startedAt = performance.now()
  const { url } = await stage({ stats: { minIntervalMs } })
  const clients: RawClient[] = []
  for (let n = 0; n < N; n++) {
    const client = raw(url, { limitMs: 12_000 })
    client.sendEvent('join-channel', `channel-${n % CHANNELS}`)
    clients.push(client)
  }
  await Promise.all(clients.map((client) => client.next('channel-joined')))
  const isTrue = (stats: { connectedClients: number; activeChannels: number }) =>
    stats.connectedClients === N && stats.activeChannels === CHANNELS
  await Promise.all(clients.map((client) => client.next('server-stats', isTrue)))
  const frames = clients.reduce((sum, client) => sum + client.all('server-stats').length, 0)
  const rounds = Math.ceil((performance.now() - startedAt) / minIntervalMs) + 1
  expect(frames).toBeLessThanOrEqual(rounds * N)
  expect(frames).toBeLessThanOrEqual(6 * N)
})

test('[P-STATS-TRUE] counts are true at the end of any coming and going', async () => {
  const { url, notifications } = await stage({ stats: { minIntervalMs: 1, perClientMs: 1 } })
  const watcher = raw(url)
  await watcher.next('connection-confirmed')
  const clients = Array.from({ length: 20 }, () => raw(url))
  for (const [n, client] of clients.entries()) {
    client.sendEvent('join-channel', 'all')
    client.sendEvent('join-channel', `even-${n % 2}`)
    client.sendEvent('join-channel', 'all')
    client.sendEvent('leave-channel', 'even-1')
    client.sendEvent('leave-channel', 'never')
    if (n % 4 === 0) client.sendEvent('leave-channel', 'all')
  }
  await Promise.all(
    clients.map((client) => client.next('channel-left', ({ channel }) => channel === 'never')),
  )
  await Promise.all(clients.map((client) => client.settle()))
  expect(await notifications.channels()).toEqual([
    { name: 'all', clientCount: 15 },
    { name: 'even-0', clientCount: 10 },
  ])
  // The watcher was alone at the beginning, too: it has to hear of the others first.
  await until(() => watcher.all('server-stats').at(-1)?.activeChannels === 2, 'everybody is told')
  await Promise.all(clients.map((client) => client.close()))
  await until(() => {
    const last = watcher.all('server-stats').at(-1)
    return last?.connectedClients === 1 && last.activeChannels === 0
  }, 'everybody is gone')
  expect(await notifications.channels()).toEqual([])
})
