import { type ConnectOptions, connectNotifications, type NotificationsClient } from '@carillon/client'
import { channelStream } from '@carillon/protocol'
import type { Calls, Send } from '../history.ts'
import { TENACIOUS } from './tenacity.ts'

/** An application that sends at its own pace and waits for no answer, and writes down what it is told. */
export interface PacedSender {
  readonly client: NotificationsClient
  readonly sends: readonly Send[]
  readonly calls: Calls
  /** Sends one now. Resolves when it has an outcome. */
  send(): Promise<Send>
  /** Goes on until `rest()`: so many in each second, whatever becomes of them. */
  start(perSecond: number): void
  /** Goes on until `rest()`: as fast as the answers come, with so many under way at once. */
  flood(inFlight: number): void
  /** Stops. Resolves when every send has an outcome. */
  rest(): Promise<void>
  close(): void
}

const TICK_MS = 10

/** Longer than any outage that a scenario makes. */
const TIMEOUT_MS = 60_000

export function startPaced(
  url: string,
  name: string,
  channel: string,
  more: Partial<ConnectOptions> = {},
): PacedSender {
  const client = connectNotifications(url, {
    ...TENACIOUS,
    transports: ['websocket'],
    storage: false,
    maxWaiting: 100_000,
    auth: { user_id: name },
    ...more,
  })
  const stream = channelStream(channel)
  const sends: Send[] = []
  const keys: string[] = []
  const open = new Set<Promise<Send>>()
  let timer: NodeJS.Timeout | undefined
  let isFlooding = false

  function send(): Promise<Send> {
    const key = `${name}-${keys.length + 1}`
    keys.push(key)
    const sent = outcomeOf(client, channel, key).then((outcome) => {
      const made = { sender: name, stream, key, outcome }
      sends.push(made)
      open.delete(sent)
      return made
    })
    open.add(sent)
    return sent
  }

  return {
    client,
    sends,
    calls: { sender: name, stream, keys },
    send,
    start(perSecond) {
      const began = performance.now()
      let made = 0
      timer = setInterval(() => {
        const due = ((performance.now() - began) / 1000) * perSecond
        for (; made < due; made++) void send()
      }, TICK_MS)
    },
    flood(inFlight) {
      isFlooding = true
      const lane = async (): Promise<void> => {
        while (isFlooding) await send()
      }
      for (let n = 0; n < inFlight; n++) void lane()
    },
    async rest() {
      clearInterval(timer)
      isFlooding = false
      await Promise.all(open)
    },
    close() {
      clearInterval(timer)
      isFlooding = false
      client.close()
    },
  }
}

/** Sends under a key, which the notification carries in its data as well. */
export async function outcomeOf(
  client: NotificationsClient,
  channel: string,
  key: string,
): Promise<Send['outcome']> {
  const notification = { channel, title: key, message: 'm', data: { key }, idempotencyKey: key }
  try {
    const sent = await client.sendNotification(notification, { timeoutMs: TIMEOUT_MS })
    const { notificationId: id, epoch, offset, duplicate } = sent
    return { kind: 'confirmed', id, epoch, offset, isDuplicate: duplicate }
  } catch (error) {
    return { kind: isUnknown(error) ? 'unknown' : 'refused' }
  }
}

function isUnknown(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'outcome' in error && error.outcome === 'unknown'
}
