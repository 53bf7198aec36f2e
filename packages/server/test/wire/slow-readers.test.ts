/*
 * Real connections that are not read: they lag, are told, and are cut when nothing moves; nobody else notices.
 * Ids: S26, R50, G1, G2, G3, G7, P-LAGGING, P-STALLED
 */
import { leakCheck, type RawClient, until } from '@carillon/testkit'
import type { Socket } from 'socket.io'
import { describe, expect, test } from 'vitest'
import { backlogOf } from '../../src/edge/backlogs.ts'
import type { NotificationsOptions } from '../../src/index.ts'
import { oneByOne } from '../flows/world.ts'
import { join, range } from './replay.ts'
import { afterTest, as, note, raw, type Stage, stage, stock, V2 } from './stage.ts'

const BYTES = 200_000

/** Looks every 50 ms, and patience for four of them. */
const STRICT: NotificationsOptions = {
  limits: { bufferedBytes: BYTES, bufferedFrames: 100, pageItems: 5, stalledMs: 200 },
}
/** Somebody who reads on within seconds is not cut. */
const PATIENT: NotificationsOptions = { limits: { ...STRICT.limits, stalledMs: 4_000 } }

/** The buffers of the network hold millions of bytes, which must be full before anything waits here. */
const BIG = { blob: 'x'.repeat(60_000) }

type Fact = { socketId: string; userId: string | null; frames: number; bytes: number }

async function staged(options: NotificationsOptions) {
  const played = await stage(options, { ioOptions: { pingInterval: 300, pingTimeout: 8_000 } })
  const facts: Fact[] = []
  const ends: string[] = []
  played.notifications.on('lagging', (fact) => facts.push(fact))
  played.io.on('connection', (socket) => socket.on('disconnect', (reason) => ends.push(reason)))
  let count = 0
  const send = async (times = 1): Promise<void> => {
    for (let n = 0; n < times; n++) {
      await played.notifications.send({ ...note('devops', `${++count}`), data: BIG })
    }
  }
  /** Sends until somebody is found to lag. */
  const sendUntilLagging = async (who: number): Promise<void> => {
    await until(async () => {
      await send(5)
      return facts.length >= who
    }, 'somebody lags')
  }
  return { played, facts, ends, send, sendUntilLagging, sent: () => count }
}

function socketOf({ io }: Stage, user: string): Socket {
  const socket = [...io.sockets.sockets.values()].find(({ handshake }) => handshake.auth.user_id === user)
  if (socket === undefined) throw new Error(`${user} is not connected`)
  return socket
}

/** What a client handed over of the channel: batches item by item. */
function offsetsOf(client: RawClient): number[] {
  const frames = client.records.map(({ event, args }) => ({ event, payload: Object(args[0]) }))
  return oneByOne(frames).flatMap(({ event, payload }) =>
    event === 'notification-received' && payload.channel === 'devops' ? [Number(payload.offset)] : [],
  )
}

/** Answers every ping in advance, and reads nothing. */
function keepPonging(client: RawClient): void {
  const timer = setInterval(() => client.sendPong(), 100)
  afterTest(() => clearInterval(timer))
}

test('[S26] [R50] [P-STALLED] [G7] a reader that never reads is cut, and others get everything meanwhile', async () => {
  const { played, facts, ends, send, sendUntilLagging, sent } = await staged(STRICT)
  const refused: unknown[] = []
  played.notifications.on('refused', (fact) => refused.push(fact))
  const honest = stock(played.url, as('bob'))
  await join(honest, 'devops')
  const mallory = raw(played.url, as('mallory'))
  mallory.sendEvent('join-channel', 'devops')
  await mallory.next('channel-joined')
  const { conn, id } = socketOf(played, 'mallory')
  keepPonging(mallory)
  mallory.stopReading()
  await sendUntilLagging(1)
  const { bytes: waiting, taken } = backlogOf(conn)
  expect(taken).toBeGreaterThan(waiting)
  // As much again as the network holds, and nothing of it is kept for a client that takes nothing.
  await send(50)
  expect(backlogOf(conn).bytes).toBeLessThan(waiting + BYTES)
  expect(backlogOf(conn).taken).toBeLessThan(taken + BYTES)
  await until(() => !played.io.sockets.sockets.has(id), 'the cut')
  await until(() => backlogOf(conn).bytes === 0, 'nothing is kept')
  expect(facts.map(({ userId, socketId }) => [userId, socketId])).toEqual([['mallory', id]])
  expect(ends).toEqual(['forced close'])
  expect(refused).toMatchObject([{ event: null, socketId: id, problems: [{ code: 'lagging' }] }])
  await honest.next('notification-received', ({ offset }) => offset === sent())
  expect(honest.all('notification-received').map(({ offset }) => offset)).toEqual(range(1, sent()))
  expect(honest.all('notification-received').every(({ replayed }) => replayed === undefined)).toBe(true)
  expect(played.problems).toEqual([])
})

describe.each([
  ['v2', { auth: { ...as('alice').auth, ...V2 } }],
  ['stock', as('alice')],
])('a %s client that stops and reads on', (kind, auth) => {
  test('[R50] [P-LAGGING] [G1] [G2] [G3] gets everything once and in order on the same connection', async () => {
    const { played, facts, ends, send, sendUntilLagging, sent } = await staged(PATIENT)
    const alice = raw(played.url, { ...auth, limitMs: 10_000 })
    await alice.next('connection-confirmed')
    alice.sendEvent('join-channel', 'devops')
    await alice.next('channel-joined')
    alice.stopReading()
    await sendUntilLagging(1)
    await send(20)
    alice.startReading()
    await until(() => offsetsOf(alice).at(-1) === sent(), 'everything')
    await until(async () => {
      await send()
      return alice.all('notification-received').at(-1)?.replayed === undefined
    }, 'live again')
    await until(() => offsetsOf(alice).at(-1) === sent(), 'the last ones')
    expect(offsetsOf(alice)).toEqual(range(1, sent()))
    const told = alice.all('error-message').map(({ code, event }) => [code, event])
    expect(told).toEqual(kind === 'v2' ? [['lagging', null]] : [])
    expect(facts).toHaveLength(1)
    expect(ends).toEqual([])
    expect(played.problems).toEqual([])
  }, 15_000)
})

test('[S26] a flood of WebSocket pings from a client that reads nothing is cut', async () => {
  const { played, ends } = await staged(STRICT)
  const mallory = raw(played.url, as('mallory'))
  await mallory.next('connection-confirmed')
  const { conn } = socketOf(played, 'mallory')
  keepPonging(mallory)
  mallory.stopReading()
  let most = 0
  await until(
    () => {
      for (let n = 0; n < 1_000; n++) mallory.sendWebSocketPing(125)
      most = Math.max(most, backlogOf(conn).bytes)
      return ends.length > 0
    },
    'the cut',
    20_000,
  )
  expect(ends).toEqual(['forced close'])
  expect(most).toBeLessThan(100 * BYTES)
  await until(() => backlogOf(conn).bytes === 0, 'nothing is kept')
}, 25_000)

/** Long polling by hand: the next poll comes when the test wants it. */
async function pollByHand(url: string, auth: object) {
  const address = `${url}/socket.io/?EIO=4&transport=polling`
  const open = await (await fetch(address)).text()
  const { sid } = JSON.parse(open.slice(1))
  const post = async (body: string): Promise<void> =>
    void (await (await fetch(`${address}&sid=${sid}`, { method: 'POST', body })).text())
  const poll = async (): Promise<string[]> =>
    (await (await fetch(`${address}&sid=${sid}`)).text()).split('\u001e')
  await post(`40${JSON.stringify(auth)}`)
  await poll()
  await post('42["join-channel","devops"]')
  return { post, poll }
}

test('[G9] close() leaves no look behind, of a connection that stays', async () => {
  const played = await stage()
  const leaks = leakCheck()
  afterTest(leaks.stop)
  const looks = (): string[] => leaks.left().filter((name) => name.includes('clock.ts'))
  const alice = raw(played.url, as('alice'))
  await alice.next('connection-confirmed')
  expect(looks()).not.toEqual([])
  await played.notifications.close()
  await until(() => looks().length === 0, 'no timer', 200)
  expect(played.io.sockets.sockets.size).toBe(1)
})

describe('over polling', () => {
  test('[S26] [P-STALLED] a client that stops polling is cut', async () => {
    const { played, facts, ends, sendUntilLagging, sent } = await staged(STRICT)
    await pollByHand(played.url, as('mallory').auth)
    await until(async () => (await played.notifications.channels()).length === 1, 'the join')
    const { conn } = socketOf(played, 'mallory')
    await sendUntilLagging(1)
    await until(() => ends.length > 0, 'the cut')
    expect(ends).toEqual(['forced close'])
    expect(facts).toHaveLength(1)
    await until(() => backlogOf(conn).bytes === 0, 'nothing is kept')
    // Nothing was proved, so nothing is lost.
    const again = stock(played.url, as('mallory'))
    const { items } = await join(again, 'devops')
    expect(items.map(({ offset }) => offset)).toEqual(range(1, sent()))
  })

  test('[R50] [G1] [G2] [G3] a client that polls late gets everything once and in order', async () => {
    const { played, ends, send, sendUntilLagging, sent } = await staged(PATIENT)
    const { post, poll } = await pollByHand(played.url, as('alice').auth)
    await until(async () => (await played.notifications.channels()).length === 1, 'the join')
    await sendUntilLagging(1)
    await send(20)
    const offsets: number[] = []
    while (offsets.at(-1) !== sent()) {
      for (const packet of await poll()) {
        if (packet === '2') await post('3')
        if (!packet.startsWith('42')) continue
        const [event, payload] = JSON.parse(packet.slice(2))
        if (event === 'notification-received') offsets.push(payload.offset)
      }
    }
    expect(offsets).toEqual(range(1, sent()))
    expect(ends).toEqual([])
  })
})
