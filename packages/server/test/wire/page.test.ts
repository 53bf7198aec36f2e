/*
 * The protocol page, its server events, sentence by sentence.
 * Ids: P-CONNECT, P-CONFIRMED, P-CHANNEL, P-BROADCAST, P-DATA, P-TYPE, P-ID, P-SENDER, P-SENT, P-ERROR
 */
import { describe, expect, test } from 'vitest'
import { CLIENTS, pageClient } from './page-clients.ts'
import { stage } from './stage.ts'

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const ID = /^n_\d{10}\.\d{3}/
const PLACE = { epoch: expect.any(String), offset: expect.any(Number) }

const ALERT = {
  channel: 'devops',
  type: 'warning',
  title: 'Alerte CPU',
  message: 'CPU à 90 % sur prod-01',
  data: { host: 'prod-01', metric: 'cpu', value: 90 },
}

describe.each(CLIENTS)('socket.io-client $client over $transport', (kind) => {
  test('[P-CONNECT] the options of the page connect to the main namespace under /socket.io/', async () => {
    const { url, io } = await stage()
    const client = pageClient(kind, url, { user_id: 'user_42', username: 'Alice' })
    await client.next('connect')
    expect([...io.of('/').sockets.keys()]).toEqual([client.id()])
  })

  test('[P-CONFIRMED] connection-confirmed comes first and names the socket and the server time', async () => {
    const { url } = await stage()
    const before = Date.now()
    const client = pageClient(kind, url)
    const { socketId, serverTime } = await client.next('connection-confirmed')
    expect(socketId).toBe(client.id())
    expect(serverTime).toMatch(ISO)
    expect(Date.parse(serverTime)).toBeGreaterThanOrEqual(before)
    expect(Date.parse(serverTime)).toBeLessThanOrEqual(Date.now())
    const ours = client.records.filter(({ event }) => event !== 'connect')
    expect(ours[0]?.event).toBe('connection-confirmed')
    expect(client.all('connection-confirmed')).toHaveLength(1)
  })

  test('[P-CHANNEL] the members of a channel, the sender among them, get its notification; others do not', async () => {
    const { url } = await stage()
    const alice = pageClient(kind, url, { user_id: 'user_42', username: 'Alice' })
    const bob = pageClient(kind, url)
    const carol = pageClient(kind, url)
    alice.emit('join-channel', 'devops')
    bob.emit('join-channel', 'devops')
    carol.emit('join-channel', 'orders')
    await Promise.all([alice, bob, carol].map((client) => client.next('channel-joined')))
    alice.emit('send-notification', ALERT)
    const received = await bob.next('notification-received')
    expect(received).toEqual({
      id: expect.stringMatching(ID),
      type: 'warning',
      title: 'Alerte CPU',
      message: 'CPU à 90 % sur prod-01',
      data: { host: 'prod-01', metric: 'cpu', value: 90 },
      sender: 'Alice',
      channel: 'devops',
      timestamp: expect.stringMatching(ISO),
      stream: 'c:devops',
      ...PLACE,
    })
    expect(await alice.next('notification-received')).toEqual(received)
    await carol.settle()
    expect(carol.all('notification-received')).toEqual([])
  })

  test('[P-BROADCAST] without a channel everybody gets it, and its channel is null', async () => {
    const { url } = await stage()
    const clients = [1, 2, 3].map(() => pageClient(kind, url))
    await Promise.all(clients.map((client) => client.next('connection-confirmed')))
    clients[0]?.emit('send-notification', { type: 'info', title: 'Mon titre', message: 'Mon message' })
    const received = await Promise.all(clients.map((client) => client.next('notification-received')))
    for (const one of received) {
      expect(one).toMatchObject({ title: 'Mon titre', message: 'Mon message', channel: null, stream: 'b' })
      expect(one).toEqual(received[0])
    }
  })

  test('[P-DATA] data is a free object and null when absent; nothing else of the sender is relayed', async () => {
    const { url } = await stage()
    const client = pageClient(kind, url)
    await client.next('connection-confirmed')
    const data = { event: 'order.created', nested: { list: [1, null, { deep: true }], text: 'é 🔔' } }
    client.emit('send-notification', { title: 'a', message: 'b', data, sender: 'The boss', id: 'mine', x: 1 })
    client.emit('send-notification', { title: 'c', message: 'd' })
    const first = await client.next('notification-received')
    expect(first.data).toEqual(data)
    expect(first).not.toHaveProperty('x')
    expect([first.sender, first.id === 'mine']).toEqual(['Anonyme', false])
    expect((await client.next('notification-received')).data).toBeNull()
  })

  test('[P-TYPE] type is info, success, warning or error, and info when absent', async () => {
    const { url } = await stage()
    const client = pageClient(kind, url)
    await client.next('connection-confirmed')
    for (const type of ['info', 'success', 'warning', 'error', undefined, null])
      client.emit('send-notification', { type, title: 'a', message: 'b' })
    for (const type of ['info', 'success', 'warning', 'error', 'info', 'info'])
      expect((await client.next('notification-received')).type).toBe(type)
  })

  test('[P-ID] every notification has an id of its own that begins with the time', async () => {
    const { url } = await stage()
    const client = pageClient(kind, url)
    await client.next('connection-confirmed')
    const before = Date.now()
    for (let n = 0; n < 50; n++) client.emit('send-notification', { title: `${n}`, message: 'b' })
    await client.next('notification-received', ({ title }) => title === '49')
    const received = client.all('notification-received')
    expect(new Set(received.map(({ id }) => id)).size).toBe(50)
    for (const { id, timestamp } of received) {
      expect(id).toMatch(ID)
      const seconds = Number(/^n_(\d+\.\d{3})/.exec(id)?.[1])
      expect(seconds).toBeGreaterThanOrEqual(before / 1000)
      expect(Date.parse(timestamp)).toBeGreaterThanOrEqual(before)
    }
  })

  test('[P-SENDER] the sender is the username, else the user_id, else Anonyme', async () => {
    const { url } = await stage()
    const senders = [
      { auth: { user_id: 'user_42', username: 'Alice' }, sender: 'Alice' },
      { auth: { username: 'Bob' }, sender: 'Bob' },
      { auth: { user_id: 'user_43' }, sender: 'user_43' },
      { auth: {}, sender: 'Anonyme' },
    ]
    for (const { auth, sender } of senders) {
      const client = pageClient(kind, url, auth)
      client.emit('send-notification', { title: 'Qui ?', message: 'Moi' })
      await client.next('notification-sent')
      expect((await client.next('notification-received', (n) => n.replayed !== true)).sender).toBe(sender)
      client.close()
    }
  })

  test('[P-SENT] notification-sent goes to the sender alone, with the id and time that others see', async () => {
    const { url } = await stage()
    const alice = pageClient(kind, url)
    const bob = pageClient(kind, url)
    bob.emit('join-channel', 'devops')
    await bob.next('channel-joined')
    alice.emit('send-notification', ALERT)
    const sent = await alice.next('notification-sent')
    const { id, timestamp } = await bob.next('notification-received')
    expect(sent).toEqual({
      notificationId: id,
      channel: 'devops',
      timestamp,
      stream: 'c:devops',
      duplicate: false,
      ...PLACE,
    })
    alice.emit('send-notification', { title: 'À tous', message: 'Bonjour' })
    expect((await alice.next('notification-sent')).channel).toBeNull()
    await bob.next('notification-received', ({ channel }) => channel === null)
    await bob.settle()
    expect(bob.all('notification-sent')).toEqual([])
    // Not a member: it may send, and hears only what is for everybody.
    expect(alice.all('notification-received').map(({ channel }) => channel)).toEqual([null])
  })

  test('[P-ERROR] error-message lists every sentence, and only the one who erred gets it', async () => {
    const { url } = await stage()
    const alice = pageClient(kind, url)
    const bob = pageClient(kind, url)
    await bob.next('connection-confirmed')
    alice.emit('send-notification', { channel: 'devops' })
    expect((await alice.next('error-message')).errors).toEqual([
      "Le champ 'title' est obligatoire",
      "Le champ 'message' est obligatoire",
    ])
    await bob.settle()
    expect(bob.all('error-message')).toEqual([])
  })
})
