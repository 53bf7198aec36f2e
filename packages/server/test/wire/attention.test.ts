/*
 * Frames that come faster than they can be dealt with: others do not wait for those who send the most.
 * Ids: G7, G9, S23, P-SHARE
 */
import { FRAME_END, onUnhandled, openPolling, type StockClient, until } from '@carillon/testkit'
import type { Server } from 'socket.io'
import { expect, test, vi } from 'vitest'
import { createAttention } from '../../src/edge/attention.ts'
import { attachNotifications, type NotificationsOptions } from '../../src/index.ts'
import { afterTest, as, note, raw, stage, stock } from './stage.ts'

const LOOK_MS = 10
/** Half of the time that nobody had to wait when a shortage ends: the last one may have waited before the last answer. */
const CALM_MS = 500
const LOUD = 30
const EACH = 16
const AT_ONCE = 6
const ASKED = 3

/** As long as a frame of the loud takes, nothing else happens. */
function keepBusy(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

const validate: NonNullable<NotificationsOptions['validate']> = ({ title }) => {
  if (title === 'loud') keepBusy(0.3)
  return undefined
}

/** Sends so many, a few at a time. */
async function shout(client: StockClient, count: number, onAnswer: (answer: unknown) => void): Promise<void> {
  let left = count
  const lane = async (): Promise<void> => {
    while (left-- > 0) onAnswer(await client.ask('send-notification', note('a', 'loud')))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

/** Everybody is answered, whatever happens; resolves to those who were not read at some time. */
async function heldUp(rates: { readonly longestTurnMs: number }): Promise<Set<unknown>> {
  const held = new Set<unknown>()
  const look = (): void => {
    for (const { conn, handshake } of io.sockets.sockets.values())
      if (Reflect.get(Object(Reflect.get(conn.transport, 'socket')), 'isPaused') === true)
        held.add(handshake.auth.user_id)
  }
  const looking: NotificationsOptions = {
    rates,
    log: false,
    validate: (request) => {
      look()
      return validate(request)
    },
  }
  const { url, io } = await stage(looking)
  const quiet = stock(url, as('quiet'))
  const loud = Array.from({ length: LOUD }, (_, n) => stock(url, as(`loud-${n}`)))
  await Promise.all([quiet, ...loud].map((client) => client.next('connection-confirmed')))
  let answered = 0
  const shouts = loud.map((client) =>
    shout(client, EACH, (answer) => {
      expect(answer).toMatchObject({ ok: true })
      answered += 1
    }),
  )
  for (let n = 1; n <= ASKED; n++) {
    await until(() => answered >= (n * LOUD * EACH) / (ASKED + 2), 'some of the loud are answered')
    expect(await quiet.ask('get-stats')).toMatchObject({ ok: true })
  }
  await Promise.all(shouts)
  expect(answered).toBe(LOUD * EACH)
  return held
}

test('[S23] [P-SHARE] who asks little is read at once, the loud later, and nothing of theirs is lost', async () => {
  const held = await heldUp({ longestTurnMs: 1 })
  expect(held.size).toBeGreaterThan(LOUD / 4)
  expect(held).not.toContain('quiet')
}, 20_000)

test('[P-SHARE] as long as turns are short enough, everybody is read at once', async () => {
  expect([...(await heldUp({ longestTurnMs: 1_000_000 }))]).toEqual([])
}, 20_000)

/** The timers that look after those who wait, and after a shortage. */
function watchLooks(): () => number {
  const begun = vi.spyOn(globalThis, 'setInterval')
  const ended = vi.spyOn(globalThis, 'clearInterval')
  afterTest(() => vi.restoreAllMocks())
  return () => {
    const timers = begun.mock.results.filter((_, at) => begun.mock.calls[at]?.[1] === LOOK_MS)
    const over = new Set<unknown>(ended.mock.calls.map(([timer]) => timer))
    return timers.filter(({ value }) => !over.has(value)).length
  }
}

test('[P-SHARE] a shortage is looked at until it is over, though nobody waits and nothing comes any more', async () => {
  const looks = watchLooks()
  await heldUp({ longestTurnMs: 1 })
  const answered = performance.now()
  await until(() => looks() === 0, 'nobody looks any more')
  expect(performance.now() - answered).toBeGreaterThan(CALM_MS)
})

test('[P-SHARE] and so is one in which nobody has to wait', async () => {
  const { url, io } = await stage({ rates: false, log: false })
  await Promise.all(Array.from({ length: 8 }, (_, n) => raw(url, as(`u${n}`)).settle()))
  const looks = watchLooks()
  const attention = createAttention({ longestMs: 1, onTooMuch() {}, warn() {} })
  const isKept = [...io.sockets.sockets.values()].map(({ conn }) =>
    attention.keeps(conn, { data: '2["get-stats"]', weight: 1, isHello: false }),
  )
  keepBusy(5)
  expect(new Set(isKept)).toEqual(new Set([false]))
  await until(() => looks() === 1, 'the shortage is looked at')
  await until(() => looks() === 0, 'it is over')
  attention.release()
})

test('[S23] [P-SHARE] who sends far more than their share all at once is told so, and cut off', async () => {
  const { url, notifications } = await stage({ validate, rates: { longestTurnMs: 1 }, log: false })
  const refused: unknown[] = []
  notifications.on('refused', (fact) => refused.push(fact))
  const loud = Array.from({ length: LOUD }, (_, n) => stock(url, as(`loud-${n}`)))
  await Promise.all(loud.map((client) => client.next('connection-confirmed')))
  const shouts = loud.map((client) => shout(client, EACH, () => undefined))
  const mallory = raw(url, as('mallory'))
  await mallory.next('connection-confirmed')
  let isOver = false
  void mallory.closed.then(() => {
    isOver = true
  })
  // There is time for nobody yet; then for a share.
  while (!isOver) {
    for (let n = 0; n < 300; n++) mallory.sendEvent('send-notification', note('a', 'loud'))
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(mallory.all('error-message').at(-1)).toMatchObject({
    code: 'too-many-requests',
    event: null,
    retryAfterMs: expect.any(Number),
  })
  expect(refused).toContainEqual(expect.objectContaining({ event: null }))
  await Promise.all(shouts)
  expect(loud.map((client) => client.all('disconnect').length)).toEqual(loud.map(() => 0))
}, 20_000)

test('[P-SHARE] who comes by long-polling cannot be left unread; what they say is kept all the same, and answered', async () => {
  const { url } = await stage({ validate, rates: { longestTurnMs: 1 }, log: false })
  const loud = Array.from({ length: LOUD }, (_, n) =>
    stock(url, { ...as(`loud-${n}`), transports: ['polling'] }),
  )
  await Promise.all(loud.map((client) => client.next('connection-confirmed')))
  const answers: unknown[] = []
  await Promise.all(loud.map((client) => shout(client, AT_ONCE, (answer) => answers.push(answer))))
  expect(answers).toEqual(Array(LOUD * AT_ONCE).fill(expect.objectContaining({ ok: true })))
}, 20_000)

const OF_THE_HOST = 'of the host'
/** Three frames each, for two namespaces: less than what is too much. */
const PIECES = 15
const inOrder = Array.from({ length: PIECES }, (_, n) => n)

/** Notes what comes of each socket, in its order: a number, and bytes that belong to it. */
function overhear(io: Server, namespaces: readonly string[]): number[][] {
  const heard: number[][] = []
  for (const name of namespaces) {
    io.of(name).on('connection', (socket) => {
      const mine: number[] = []
      heard.push(mine)
      socket.on(OF_THE_HOST, (n: number, bytes: Buffer) => mine.push(bytes[0] === n ? n : Number.NaN))
    })
  }
  return heard
}

/** Many at once, things of the host among them. */
function pour(client: Pick<StockClient, 'emit'>): void {
  for (const n of inOrder) {
    client.emit('send-notification', note('a', 'loud'))
    client.emit(OF_THE_HOST, n, Buffer.from([n]))
  }
}

test('[P-SHARE] what is heard later is heard in its order, bytes and things of the host among it', async () => {
  const { url, io } = await stage({ validate, rates: { longestTurnMs: 1 }, log: false })
  const heard = overhear(io, ['/'])
  const loud = Array.from({ length: LOUD }, (_, n) => stock(url, as(`loud-${n}`)))
  await Promise.all(loud.map((client) => client.next('connection-confirmed')))
  for (const client of loud) pour(client)
  await until(() => heard.flat().length === LOUD * PIECES, 'everything is heard')
  expect(heard).toEqual(loud.map(() => inOrder))
}, 20_000)

test('[P-SHARE] where two attachments serve one connection, its order holds as well', async () => {
  const options = { validate, rates: { longestTurnMs: 1 }, log: false } as const
  const { url, io, notifications } = await stage(options)
  const other = attachNotifications(io.of('/b'), options)
  afterTest(other.close)
  const heard = overhear(io, ['/', '/b'])
  const loud = Array.from({ length: LOUD / 2 }, (_, n) => stock(url, as(`loud-${n}`)))
  await Promise.all(loud.map((client) => client.next('connection-confirmed')))
  const second = loud.map(({ socket }) => socket.io.socket('/b').connect())
  await Promise.all(second.map((socket) => new Promise<void>((resolve) => socket.once('connect', resolve))))
  for (const [n, client] of loud.entries()) {
    pour(client)
    pour({ emit: (event, ...args) => void second[n]?.emit(event, ...args) })
  }
  // One of the two stops meanwhile: the other goes on with what was kept.
  await until(() => heard.flat().length > PIECES, 'some is heard')
  await notifications.close()
  await until(() => heard.flat().length === LOUD * PIECES, 'everything is heard')
  expect(heard).toEqual([...loud, ...second].map(() => inOrder))
}, 20_000)

test('[S23] [P-SHARE] who comes in while others are loud is let in, and served', async () => {
  const { url } = await stage({ validate, rates: { longestTurnMs: 1 }, log: false })
  const loud = Array.from({ length: LOUD }, (_, n) => stock(url, as(`loud-${n}`)))
  await Promise.all(loud.map((client) => client.next('connection-confirmed')))
  const shouts = loud.map((client) => shout(client, EACH, () => undefined))
  const newcomers = Array.from({ length: LOUD }, (_, n) => stock(url, as(`new-${n}`)))
  const answers = newcomers.map((client) => client.ask('join-channel', 'a'))
  expect(await Promise.all(answers)).toEqual(newcomers.map(() => expect.objectContaining({ ok: true })))
  await Promise.all(shouts)
}, 20_000)

test('[G7] [S23] [P-SHARE] what is kept at the entrance is looked at as well: no frame of it ends the process', async () => {
  const guard = onUnhandled()
  const { url } = await stage({ validate, rates: { longestTurnMs: 1 }, log: false })
  const loud = Array.from({ length: LOUD }, (_, n) => stock(url, as(`loud-${n}`)))
  await Promise.all(loud.map((client) => client.next('connection-confirmed')))
  const shouts = loud.map((client) => shout(client, EACH, () => undefined))
  const wide = `42["wide"${',1'.repeat(80_000)}]`
  const attackers = Array.from({ length: 2 * LOUD }, () => raw(url, { autoConnect: false }))
  for (const attacker of attackers) {
    attacker.sendFrame('40{}')
    attacker.sendFrame(wide)
  }
  await Promise.all(attackers.map(({ closed }) => closed))
  await Promise.all(shouts)
  await guard.check()
}, 20_000)

test.each(['41', '42["x"]'])(
  '[G7] [S23] [P-SHARE] a hundred thousand times %s in one request end its own connection, and hold nobody up',
  async (packet) => {
    const guard = onUnhandled()
    const { url, io } = await stage()
    const quiet = stock(url, as('quiet'))
    await quiet.next('connection-confirmed')
    const polling = await openPolling(url)
    await polling.post('40')
    void polling.post(Array(100_000).fill(packet).join(FRAME_END))
    for (let n = 0; n < 5; n++) expect(await quiet.ask('get-stats')).toMatchObject({ ok: true })
    await until(() => io.engine.clientsCount === 1, 'the other connection is gone')
    await guard.check()
  },
  20_000,
)

test('[P-SHARE] who is not read for long is not taken for dead', async () => {
  const ioOptions = { pingInterval: 100, pingTimeout: 1_500 }
  const { url } = await stage({ validate, rates: { longestTurnMs: 1 }, log: false }, { ioOptions })
  const loud = Array.from({ length: LOUD }, (_, n) => stock(url, as(`loud-${n}`)))
  await Promise.all(loud.map((client) => client.next('connection-confirmed')))
  let isOver = false
  const shouts = loud.map(async (client) => {
    while (!isOver) await shout(client, AT_ONCE, () => undefined)
  })
  const asker = raw(url, { limitMs: 15_000 })
  await asker.next('connection-confirmed')
  // Seconds, while the others are as loud as that.
  const answers = Array.from({ length: 100 }, () => asker.sendEventWithAck('get-stats'))
  await Promise.all(answers)
  isOver = true
  await Promise.all(shouts)
}, 20_000)

test('[G9] close() leaves nobody at the entrance', async () => {
  const { url, io, notifications } = await stage()
  const before = io.engine.listenerCount('connection')
  const client = raw(url)
  await client.next('connection-confirmed')
  expect(io.engine.listenerCount('connection')).toBe(before + 1)
  await notifications.close()
  expect(io.engine.listenerCount('connection')).toBe(before)
})

test('[G9] [P-SHARE] close() reads on from whoever had to wait, for the host', async () => {
  const { url, io, notifications } = await stage({ validate, rates: { longestTurnMs: 1 }, log: false })
  let heard = 0
  io.on('connection', (socket) => {
    socket.on('of the host', () => {
      heard += 1
    })
  })
  const loud = Array.from({ length: LOUD }, (_, n) => stock(url, as(`loud-${n}`)))
  await Promise.all(loud.map((client) => client.next('connection-confirmed')))
  for (const client of loud) {
    for (let n = 0; n < 50; n++) {
      client.emit('send-notification', note('a', 'loud'))
      client.emit('of the host')
    }
  }
  await until(() => heard > 0, 'the first is heard')
  await notifications.close()
  await until(() => heard === LOUD * 50, 'all of them are heard')
}, 20_000)
