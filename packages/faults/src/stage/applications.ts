import { type ConnectOptions, connectNotifications, type NotificationsClient } from '@carillon/client'
import { channelStream } from '@carillon/protocol'
import type { Reader, Seen, Send } from '../history.ts'

/** An application that reads one channel and writes down what it is handed. */
export interface ReaderApp {
  readonly record: Reader
  close(): void
}

/** An application that sends without waiting for each answer, and writes down what it was told. */
export interface SenderApp {
  readonly sends: readonly Send[]
  /** Sends until told to stop. Resolves when every send has an outcome. */
  run(channel: string, isOver: () => boolean): Promise<void>
  close(): void
}

const CONNECTION: Omit<ConnectOptions, 'auth'> = {
  transports: ['websocket'],
  reconnectionAttempts: Number.POSITIVE_INFINITY,
  reconnectionDelay: 20,
  reconnectionDelayMax: 100,
  storage: false,
}

/** Long enough for any outage that a scenario makes. */
const TIMEOUT_MS = 60_000

export async function startReader(url: string, name: string, channel: string): Promise<ReaderApp> {
  const client = connectNotifications(url, { ...CONNECTION, auth: { user_id: name } })
  const seen: Seen[] = []
  const stream = channelStream(channel)
  client.on('notification', ({ stream: of, id, epoch, offset, data }) => {
    if (of === stream) seen.push({ kind: 'item', id, epoch, offset, key: String(data?.key) })
  })
  const subscription = await client.joinChannel(channel, { timeoutMs: TIMEOUT_MS })
  subscription.on('joined', ({ recovered, reason }) => {
    if (recovered === false) seen.push({ kind: 'reset', reason: reason ?? 'unknown' })
  })
  return { record: { client: name, stream, joinedAt: null, seen }, close: () => client.close() }
}

export function startSender(url: string, name: string, inFlight: number): SenderApp {
  const client = connectNotifications(url, { ...CONNECTION, auth: { user_id: name } })
  const sends: Send[] = []
  let made = 0
  return {
    sends,
    async run(channel, isOver) {
      const lane = async (): Promise<void> => {
        while (!isOver()) sends.push(await send(client, name, channel, `${name}-${++made}`))
      }
      await Promise.all(Array.from({ length: inFlight }, lane))
    },
    close: () => client.close(),
  }
}

async function send(
  client: NotificationsClient,
  sender: string,
  channel: string,
  key: string,
): Promise<Send> {
  const facts = { sender, stream: channelStream(channel), key }
  const notification = { channel, title: key, message: 'm', data: { key }, idempotencyKey: key }
  try {
    const { notificationId, epoch, offset } = await client.sendNotification(notification, {
      timeoutMs: TIMEOUT_MS,
    })
    return { ...facts, outcome: { kind: 'confirmed', id: notificationId, epoch, offset } }
  } catch (error) {
    return { ...facts, outcome: { kind: isRefused(error) ? 'refused' : 'unknown' } }
  }
}

function isRefused(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'outcome' in error && error.outcome !== 'unknown'
}
