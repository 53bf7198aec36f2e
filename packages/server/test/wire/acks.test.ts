/*
 * Acknowledgements, as DESIGN 4 says.
 * Ids: P-ACK-V2, P-ACK-V1, P-ACK-ONCE, P-ACK-REFUSED, P-ACK-RETRIES
 */
import { deferred, PacketType, until } from '@carillon/testkit'
import { expect, test } from 'vitest'
import { note, raw, stage, stock, V2 } from './stage.ts'

const QUIET = { stats: { minIntervalMs: 60_000 } } as const

/** One request of each kind, what it answers, and the event that tells the same. */
const REQUESTS: [string, unknown[], object, string][] = [
  ['join-channel', ['devops'], { channel: 'devops', clientCount: 1, pendingCount: 0 }, 'channel-joined'],
  [
    'send-notification',
    [note('devops', 'a')],
    { channel: 'devops', offset: 1, duplicate: false },
    'notification-sent',
  ],
  ['get-channels', [], { channels: [{ name: 'devops', clientCount: 1 }] }, 'channels-list'],
  ['get-stats', [], { connectedClients: 1, activeChannels: 1 }, 'server-stats'],
  ['leave-channel', ['devops'], { channel: 'devops', reason: 'client' }, 'channel-left'],
]

test('[P-ACK-V2] a client of the second version gets the acknowledgement alone', async () => {
  const { url } = await stage(QUIET)
  const client = raw(url, { auth: V2 })
  await client.next('server-stats')
  for (const [event, args, answer] of REQUESTS) {
    expect(await client.sendEventWithAck(event, ...args)).toMatchObject({ ok: true, ...answer })
  }
  expect(await client.sendEventWithAck('ack-notifications', {})).toEqual({ ok: true })
  await client.settle()
  const events = new Set(client.records.map(({ event }) => event))
  events.delete('server-stats')
  expect([...events]).toEqual(['connection-confirmed', 'notification-received'])
})

test('[P-ACK-V2] without an acknowledgement it hears the events like anybody', async () => {
  const { url } = await stage()
  const client = raw(url, { auth: V2 })
  for (const [event, args, answer, confirmation] of REQUESTS) {
    client.sendEvent(event, ...args)
    const said = await client.next(confirmation, (payload) => isLike(payload, answer))
    expect(said).not.toHaveProperty('ok')
  }
})

test('[P-ACK-V1] any other client gets the event as well, and first', async () => {
  const { url } = await stage(QUIET)
  const client = raw(url)
  await client.next('server-stats')
  for (const [event, args, answer, confirmation] of REQUESTS) {
    const acknowledged = await client.sendEventWithAck(event, ...args)
    expect(acknowledged).toMatchObject({ ok: true, ...answer })
    const said = client.all(confirmation).at(-1)
    const payload = Array.isArray(said) ? { channels: said } : said
    if (event === 'get-stats') expect(payload).toMatchObject(answer)
    else expect({ ok: true, ...Object(payload) }).toEqual(acknowledged)
  }
})

test('[P-ACK-ONCE] an acknowledgement is called exactly once, well-formed request or not', async () => {
  const { url } = await stage()
  const client = raw(url)
  await client.next('connection-confirmed')
  const frames = [
    ['join-channel', 'devops'],
    ['join-channel', 'devops', null],
    ['join-channel', ''],
    ['send-notification', note('devops', 'a')],
    ['send-notification', {}],
    ['leave-channel', 'devops'],
    ['get-stats', 1],
    ['get-channels'],
    ['ack-notifications'],
  ]
  for (const [at, frame] of frames.entries()) client.sendFrame(`42${100 + at}${JSON.stringify(frame)}`)
  const acks = () =>
    client.frames.flatMap(({ packet }) => (packet?.type === PacketType.Ack ? [packet.ackId] : []))
  await until(() => acks().length >= frames.length, 'every acknowledgement')
  await client.settle()
  const ours = acks().filter((id) => id !== null && id >= 100)
  expect(ours.sort()).toEqual(frames.map((_, at) => 100 + at))
})

test('[P-ACK-REFUSED] a refusal has a code, sentences, whether to retry, and every problem with its facts', async () => {
  const { url } = await stage()
  for (const auth of [V2, {}]) {
    const client = raw(url, { auth })
    const errors = [
      "Le champ 'type' doit être l'une des valeurs : info, success, warning, error",
      "Le champ 'title' est obligatoire",
    ]
    expect(await client.sendEventWithAck('send-notification', { type: 'x', message: 'b' })).toEqual({
      ok: false,
      code: 'unknown-type',
      errors,
      retryable: false,
      details: [
        { code: 'unknown-type', field: 'type', allowed: ['info', 'success', 'warning', 'error'] },
        { code: 'field-required', field: 'title' },
      ],
    })
    const said = auth === V2 ? [] : [{ errors, code: 'unknown-type', event: 'send-notification' }]
    expect(client.all('error-message')).toEqual(said)
  }
})

test('[P-ACK-REFUSED] what may go well later is retryable, and says when', async () => {
  const gate = deferred<boolean>()
  const authorize = ({ action }: { action: string }) =>
    action === 'join' ? gate.promise : action !== 'broadcast'
  const { url } = await stage({ authorize, limits: { requestsPerSocket: 1, channelsPerSocket: 1 } })
  const client = raw(url, { auth: V2 })
  const joining = client.sendEventWithAck('join-channel', 'a')
  expect(await client.sendEventWithAck('get-channels')).toEqual({
    ok: false,
    code: 'too-many-requests',
    errors: ['Trop de requêtes, réessayez dans 1000 ms'],
    retryable: true,
    retryAfterMs: 1000,
    details: [{ code: 'too-many-requests', retryAfterMs: 1000 }],
  })
  gate.resolve(true)
  expect(await joining).toMatchObject({ ok: true })
  expect(await client.sendEventWithAck('join-channel', 'b')).toMatchObject({
    code: 'too-many-channels',
    errors: ['Trop de channels rejoints (1 au plus)'],
    retryable: false,
  })
  expect(await client.sendEventWithAck('send-notification', note(null, 'x'))).toMatchObject({
    code: 'not-allowed',
    errors: ["Cette action n'est pas autorisée"],
    retryable: false,
    details: [{ code: 'not-allowed', action: 'broadcast' }],
  })
})

test("[P-ACK-RETRIES] a stock client with Socket.IO's retries neither stalls nor doubles", async () => {
  const { url } = await stage()
  const other = stock(url)
  other.emit('join-channel', 'devops')
  await other.next('channel-joined')
  const client = stock(url, { retries: 3, ackTimeout: 2_000 })
  client.emit('join-channel', 'devops')
  for (const title of ['1', '2', '3']) client.emit('send-notification', note('devops', title))
  client.emit('send-notification', { channel: 'devops' })
  client.emit('get-channels')
  client.emit('leave-channel', 'devops')
  client.emit('send-notification', note('devops', 'last'))
  // Everything but the last is through the queue of the client once this has arrived.
  await other.next('notification-received', ({ title }) => title === 'last')
  await client.next('notification-sent', ({ offset }) => offset === 4)
  await Promise.all([client.settle(), other.settle()])
  expect(other.all('notification-received').map(({ title }) => title)).toEqual(['1', '2', '3', 'last'])
  expect(client.all('notification-received').map(({ title }) => title)).toEqual(['1', '2', '3'])
  expect(client.all('channel-joined')).toHaveLength(1)
  expect(client.all('notification-sent').map(({ offset }) => offset)).toEqual([1, 2, 3, 4])
  expect(client.all('error-message')).toHaveLength(1)
  expect(client.all('channels-list')).toEqual([[{ name: 'devops', clientCount: 2 }]])
  expect(client.all('channel-left')).toHaveLength(1)
})

function isLike(payload: unknown, part: object): boolean {
  const whole = Object(Array.isArray(payload) ? { channels: payload } : payload)
  return Object.entries(part).every(([key, value]) => JSON.stringify(whole[key]) === JSON.stringify(value))
}
