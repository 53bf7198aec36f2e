/*
 * The protocol page: channels, statistics, and the complete example at its end.
 * Ids: P-JOINED, P-JOIN-TWICE, P-LEFT, P-LIST, P-STATS, P-STATS-CHANGE, P-EXAMPLE
 */
import { describe, expect, test } from 'vitest'
import { CLIENTS, pageClient } from './page-clients.ts'
import { stage } from './stage.ts'

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

describe.each(CLIENTS)('socket.io-client $client over $transport', (kind) => {
  test('[P-JOINED] channel-joined says the channel, a message, how many are in it and how many are pending', async () => {
    const { url } = await stage()
    for (const clientCount of [1, 2, 3]) {
      const client = pageClient(kind, url)
      client.emit('join-channel', 'devops')
      expect(await client.next('channel-joined')).toEqual({
        channel: 'devops',
        message: 'Vous avez rejoint « devops »',
        clientCount,
        pendingCount: 0,
        timestamp: expect.stringMatching(ISO),
        epoch: expect.any(String),
        offset: 0,
        hasMore: false,
      })
    }
  })

  test('[P-JOIN-TWICE] joining twice counts once and delivers once', async () => {
    const { url } = await stage()
    const client = pageClient(kind, url)
    client.emit('join-channel', 'devops')
    client.emit('join-channel', 'devops')
    expect((await client.next('channel-joined')).clientCount).toBe(1)
    expect(await client.next('channel-joined')).toMatchObject({ clientCount: 1, pendingCount: 0 })
    client.emit('send-notification', { channel: 'devops', title: 'once', message: 'm' })
    await client.next('notification-sent')
    await client.settle()
    expect(client.all('notification-received')).toHaveLength(1)
    client.emit('leave-channel', 'devops')
    await client.next('channel-left')
    client.emit('get-channels')
    expect(await client.next('channels-list')).toEqual([])
  })

  test('[P-LEFT] channel-left says the channel and a message; afterwards nothing of it arrives', async () => {
    const { url } = await stage()
    const alice = pageClient(kind, url)
    const bob = pageClient(kind, url)
    for (const client of [alice, bob]) {
      client.emit('join-channel', 'devops')
      await client.next('channel-joined')
    }
    alice.emit('leave-channel', 'devops')
    expect(await alice.next('channel-left')).toEqual({
      channel: 'devops',
      message: 'Vous avez quitté « devops »',
      timestamp: expect.stringMatching(ISO),
      reason: 'client',
    })
    bob.emit('send-notification', { channel: 'devops', title: 'a', message: 'b' })
    await bob.next('notification-received')
    await alice.settle()
    expect(alice.all('notification-received')).toEqual([])
    alice.emit('join-channel', 'devops')
    expect(await alice.next('channel-joined')).toMatchObject({ clientCount: 2, pendingCount: 0 })
    alice.emit('leave-channel', 'never joined')
    expect((await alice.next('channel-left')).channel).toBe('never joined')
  })

  test('[P-LIST] channels-list names the channels with members and how many they are', async () => {
    const { url } = await stage()
    const clients = [1, 2, 3].map(() => pageClient(kind, url))
    for (const client of clients) client.emit('join-channel', 'devops')
    clients[0]?.emit('join-channel', 'orders')
    await Promise.all(clients.map((client) => client.next('channel-joined')))
    await clients[0]?.next('channel-joined')
    const [alice, bob] = clients
    alice?.emit('get-channels')
    expect(await alice?.next('channels-list')).toEqual([
      { name: 'devops', clientCount: 3 },
      { name: 'orders', clientCount: 1 },
    ])
    await bob?.settle()
    expect(bob?.all('channels-list')).toEqual([])
  })

  test('[P-STATS] get-stats is answered by server-stats', async () => {
    const { url } = await stage({ stats: { minIntervalMs: 60_000 } })
    const startedBefore = Date.now()
    const client = pageClient(kind, url)
    // The first change goes out at once; what is asked for comes beside it.
    await client.next('server-stats')
    client.emit('join-channel', 'devops')
    await client.next('channel-joined')
    client.emit('get-stats')
    const stats = await client.next('server-stats')
    expect(stats).toEqual({
      connectedClients: 1,
      activeChannels: 1,
      uptime: expect.any(Number),
      timestamp: expect.stringMatching(ISO),
    })
    expect(stats.uptime).toBeGreaterThanOrEqual(0)
    expect(stats.uptime).toBeLessThan((Date.now() - startedBefore) / 1000 + 1)
  })

  test('[P-STATS-CHANGE] server-stats reaches everybody after a connect, a join, a leave and a disconnect', async () => {
    const { url } = await stage({ stats: { minIntervalMs: 1 } })
    const watcher = pageClient(kind, url)
    const heard = (connectedClients: number, activeChannels: number) =>
      watcher.next(
        'server-stats',
        (stats) => stats.connectedClients === connectedClients && stats.activeChannels === activeChannels,
      )
    await heard(1, 0)
    const guest = pageClient(kind, url)
    await heard(2, 0)
    guest.emit('join-channel', 'devops')
    await heard(2, 1)
    guest.emit('leave-channel', 'devops')
    await heard(2, 0)
    guest.emit('join-channel', 'devops')
    await heard(2, 1)
    guest.close()
    await heard(1, 0)
  })

  test('[P-EXAMPLE] the complete example of the page works as it stands', async () => {
    const { url } = await stage()
    const printed: string[] = []
    const socket = pageClient(kind, url)
    await socket.next('connect')
    socket.emit('join-channel', 'notifications-app')
    socket.emit('get-stats')
    expect((await socket.next('channel-joined')).channel).toBe('notifications-app')
    expect((await socket.next('server-stats')).connectedClients).toBe(1)

    const other = pageClient(kind, url)
    other.emit('send-notification', {
      channel: 'notifications-app',
      type: 'success',
      title: 'Commande créée',
      message: 'ORD-42',
      data: { event: 'order.created', ref: 'ORD-42' },
    })
    const notif = await socket.next('notification-received')
    printed.push(`[${notif.type}] ${notif.title}: ${notif.message}`)
    expect(printed).toEqual(['[success] Commande créée: ORD-42'])
    expect(notif.data).toEqual({ event: 'order.created', ref: 'ORD-42' })

    socket.emit('send-notification', { title: 'Sans message' })
    expect((await socket.next('error-message')).errors).toEqual(["Le champ 'message' est obligatoire"])
  })
})
