import {
  type Answer,
  ClientEvent,
  channelStream,
  type NotificationSent,
  ServerEvent,
} from '@carillon/protocol'
import { createFaultProxy, deferred, until } from '@carillon/testkit'
import { io, type Socket } from 'socket.io-client'
import { itemsOf } from '../checks/violation.ts'
import type { Send } from '../history.ts'
import type { NodeOrders } from '../node/main.ts'
import { judge } from '../stage/ending.ts'
import type { LiveReader } from '../stage/live-reader.ts'
import { startPaced } from '../stage/paced-sender.ts'
import { readTyped } from '../stage/readers.ts'
import { startService } from '../stage/service.ts'
import { onStage } from '../stage/stage.ts'
import { TENACIOUS } from '../stage/tenacity.ts'
import type { StorePlace } from '../stores.ts'
import type { Verdict } from './scenario.ts'

export interface LostAnswersPlan {
  readonly times: number
  readonly breaks?: NodeOrders['breaks']
}

const CHANNEL = 'devops'
const STREAM = channelStream(CHANNEL)
const STEP_MS = 10_000

/** A stock client sends again after so long without an answer, so many times. */
const ACK_TIMEOUT_MS = 100
const RETRIES = 3
/** So slow a network, each way, that it has sent again before the first answer is there. */
const SLOW_MS = 120

/**
 * R05: sends are stored and their answers lost, so that the clients send again: ours, and a stock one with Socket.IO's
 * `retries`. The node vouches for names, so that it knows the keys of the stock client on its next connection.
 */
export function lostAnswers(place: StorePlace, { times, breaks }: LostAnswersPlan): Promise<Verdict> {
  return onStage(async (stage) => {
    const service = stage.add(await startService({ store: place, breaks, isVouching: true }))
    const direct = `http://127.0.0.1:${service.port()}`
    const proxy = stage.add(await createFaultProxy(() => ({ port: service.port() })))
    const url = `http://127.0.0.1:${proxy.port}`
    const watcher = stage.add(await readTyped({ url: direct, user: 'alice' }, CHANNEL))
    const typed = stage.add(startPaced(url, 'typed', CHANNEL))
    const stock = stage.add(startRetrying(url, 'stock'))
    /** What nobody heard, as the watcher saw it, and what stock clients heard. */
    const sends: Send[] = []
    let repeats = 0

    async function loseAnswers(n: number): Promise<void> {
      await until(
        () => typed.client.status === 'connected' && stock.socket.connected,
        'both are there',
        STEP_MS,
      )
      const stockKey = `stock-lost-${n}`
      proxy.set({ down: 'drop' })
      const answers = [typed.send(), stock.send(stockKey)]
      const stored = await Promise.all([`typed-${n + 1}`, stockKey].map((key) => itemOf(watcher, key)))
      for (const { key, id, epoch, offset } of stored) {
        sends.push(sendOf(key, { kind: 'confirmed', id, epoch, offset, isDuplicate: false }))
      }
      proxy.cutAll('rst')
      proxy.heal()
      for (const { key, outcome } of await Promise.all(answers)) {
        if (key === stockKey) sends.push(sendOf(key, outcome))
        if (outcome.kind === 'confirmed' && outcome.isDuplicate === true) repeats += 1
      }
    }

    async function outrunAnswers(n: number): Promise<void> {
      const key = `stock-slow-${n}`
      proxy.set({ delayMs: SLOW_MS })
      const heard = stock.receipts.length
      // It gives up, while all that it sent is on its way and is answered.
      const given = await stock.send(key)
      await until(() => stock.receipts.length > heard + RETRIES, 'every attempt is answered', STEP_MS)
      proxy.set({ delayMs: 0 })
      const receipts = stock.receipts.slice(heard).map((receipt) => sendOf(key, confirmedBy(receipt)))
      sends.push(given, ...receipts, await stock.send(key))
      repeats += receipts.length
    }

    for (let n = 0; n < times; n++) await loseAnswers(n)
    const rounds = Math.max(1, Math.ceil(times / 5))
    for (let n = 0; n < rounds; n++) await outrunAnswers(n)
    await typed.rest()
    const channels = [CHANNEL]
    const facts = { repeats, keys: 2 * times + rounds }
    return judge({
      place,
      channels,
      readers: [watcher],
      senders: [typed],
      services: [service],
      history: { sends },
      facts,
    })
  })
}

/** The notification of a key, as soon as somebody who is there has it. */
async function itemOf({ record }: LiveReader, key: string) {
  return until(
    () => itemsOf(record.seen.slice(-100)).find((item) => item.key === key),
    `"${key}" is stored`,
    STEP_MS,
  )
}

function sendOf(key: string, outcome: Send['outcome']): Send {
  return { sender: key.slice(0, key.indexOf('-')), stream: STREAM, key, outcome }
}

function confirmedBy({ notificationId: id, epoch, offset, duplicate }: NotificationSent) {
  return { kind: 'confirmed', id, epoch, offset, isDuplicate: duplicate } as const
}

interface RetryingSender {
  readonly socket: Socket
  /** Every receipt that came as an event, answers to its retries included. */
  readonly receipts: readonly NotificationSent[]
  /** Resolves when Socket.IO has an answer or gives up. */
  send(key: string): Promise<Send>
  close(): void
}

/** A stock client with Socket.IO's own `retries`, which knows of keys and no more. */
function startRetrying(url: string, user: string): RetryingSender {
  const options = { ...TENACIOUS, retries: RETRIES, ackTimeout: ACK_TIMEOUT_MS, transports: ['websocket'] }
  const socket = io(url, { ...options, auth: { user_id: user } })
  const receipts: NotificationSent[] = []
  socket.on(ServerEvent.NotificationSent, (receipt: NotificationSent) => void receipts.push(receipt))
  return {
    socket,
    receipts,
    send(key) {
      const notification = { channel: CHANNEL, title: key, message: 'm', data: { key }, idempotencyKey: key }
      const answered = deferred<Send>()
      const onAnswer = (error: Error | null, answer: Answer<NotificationSent>): void => {
        const outcome = error === null && answer.ok ? confirmedBy(answer) : { kind: 'unknown' as const }
        answered.resolve(sendOf(key, outcome))
      }
      socket.emit(ClientEvent.SendNotification, notification, onAnswer)
      return answered.promise
    },
    close: () => void socket.disconnect(),
  }
}
