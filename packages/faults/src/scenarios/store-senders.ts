import { setTimeout as sleep } from 'node:timers/promises'
import { type ConnectOptions, connectNotifications, type NotificationsClient } from '@carillon/client'
import { channelStream } from '@carillon/protocol'
import type { Send } from '../history.ts'

/** An application that does not give a send up: what it is told is unknown or refused it sends again, under the same key. */
export interface InsistentSender {
  /** Its keys are this and a number. */
  readonly name: string
  /** One entry for each key, once its outcome stands. */
  readonly sends: readonly Send[]
  /** How many sends were begun so far. */
  readonly begun: () => number
  /** How often the answer was that it is not known whether it was stored, and that it surely was not. */
  readonly answers: { readonly unknown: number; readonly refused: number }
  /** Sends until told to stop. Resolves when every send has an outcome. */
  run(channel: string, isOver: () => boolean): Promise<void>
  /** Sends once more what was sent before under this key. */
  repeat(channel: string, key: string): Promise<Send['outcome']>
  close(): void
}

export interface Insistence {
  /** Sends that are under way at once. */
  readonly lanes: number
  /** How long each lane rests between two sends, so that a long run stays within retention. */
  readonly restMs: number
  /** Characters of each message. */
  readonly size: number
  /** Seconds after which each expires. @default never */
  readonly ttl?: number
}

export const STEADY: Insistence = { lanes: 8, restMs: 20, size: 10 }

export const CONNECTION: Omit<ConnectOptions, 'auth'> = {
  transports: ['websocket'],
  reconnectionAttempts: Number.POSITIVE_INFINITY,
  reconnectionDelay: 20,
  reconnectionDelayMax: 100,
  storage: false,
}

/** After this the application hears that nothing is known, and asks again itself. */
const ATTEMPT_MS = 3_000
/** Nothing that a scenario does lasts so long. */
const GIVE_UP_MS = 60_000

export function startInsistent(url: string, name: string, how: Insistence = STEADY): InsistentSender {
  const client = connectNotifications(url, { ...CONNECTION, auth: { user_id: name } })
  const sends: Send[] = []
  const answers = { unknown: 0, refused: 0 }
  let begun = 0

  async function insist(channel: string, key: string): Promise<Send['outcome']> {
    const deadline = performance.now() + GIVE_UP_MS
    let isPerhapsStored = false
    while (performance.now() < deadline) {
      const outcome = await attempt(client, channel, key, how)
      if (outcome.kind === 'confirmed') return outcome
      answers[outcome.kind] += 1
      isPerhapsStored ||= outcome.kind === 'unknown'
      await sleep(how.restMs)
    }
    return { kind: isPerhapsStored ? 'unknown' : 'refused' }
  }

  return {
    name,
    sends,
    answers,
    begun: () => begun,
    async run(channel, isOver) {
      const lane = async (): Promise<void> => {
        while (!isOver()) {
          const key = `${name}-${++begun}`
          const outcome = await insist(channel, key)
          sends.push({ sender: name, stream: channelStream(channel), key, outcome })
          await sleep(how.restMs)
        }
      }
      await Promise.all(Array.from({ length: how.lanes }, lane))
    },
    repeat: insist,
    close: () => client.close(),
  }
}

type Attempt = Exclude<Send['outcome'], { readonly kind: 'kept' }>

async function attempt(
  client: NotificationsClient,
  channel: string,
  key: string,
  { size, ttl }: Insistence,
): Promise<Attempt> {
  const notification = {
    channel,
    title: key,
    message: 'm'.repeat(size),
    data: { key },
    idempotencyKey: key,
    ...(ttl === undefined ? {} : { ttl }),
  }
  try {
    const { notificationId, epoch, offset } = await client.sendNotification(notification, {
      timeoutMs: ATTEMPT_MS,
    })
    return { kind: 'confirmed', id: notificationId, epoch, offset }
  } catch (error) {
    const isUnknown =
      typeof error === 'object' && error !== null && 'outcome' in error && error.outcome === 'unknown'
    return { kind: isUnknown ? 'unknown' : 'refused' }
  }
}
