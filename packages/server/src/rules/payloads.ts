import type {
  NotificationReceived,
  NotificationSent,
  NotificationsBatch,
  ServerStats,
} from '@carillon/protocol'
import type { Item, StreamKey, Written } from '@carillon/store'
import { wireNameOf } from './streams.ts'

type BatchedNotification = NotificationsBatch['items'][number]

/** The notification as every reader gets it: built once, field by field, whatever the sender wrote. */
export function receivedPayload(stream: StreamKey, epoch: string, item: Item): NotificationReceived {
  return payloadOf(wireNameOf(stream), channelNameOf(stream), epoch, item)
}

/** A page of what was missed, one by one, in the order of the items. */
export function replayedPayloads(
  stream: StreamKey,
  epoch: string,
  items: readonly Item[],
): NotificationReceived[] {
  const [name, channel] = [wireNameOf(stream), channelNameOf(stream)]
  return items.map((item) => {
    const payload = payloadOf(name, channel, epoch, item)
    payload.replayed = true
    return payload
  })
}

/** Fields are set one after the other, never spread: objects of one shape are encoded faster. */
function payloadOf(
  stream: NotificationReceived['stream'],
  channel: string | null,
  epoch: string,
  { id, offset, timestamp, expiresAt, content }: Item,
): NotificationReceived {
  const { type, title, message, data, sender, kind } = content
  const payload: NotificationReceived = {
    id,
    type,
    title,
    message,
    data,
    sender,
    channel,
    timestamp: isoTime(timestamp),
    stream,
    epoch,
    offset,
  }
  if (kind !== undefined) payload.kind = kind
  if (expiresAt !== null) payload.expiresAt = isoTime(expiresAt)
  return payload
}

export function replayedBatch(
  stream: StreamKey,
  epoch: string,
  items: readonly Item[],
  upTo: number,
): NotificationsBatch {
  return { stream: wireNameOf(stream), epoch, upTo, items: items.map(batchedPayload), replayed: true }
}

function batchedPayload({ id, timestamp, offset, expiresAt, content }: Item): BatchedNotification {
  const { type, title, message, data, sender, kind } = content
  const payload: BatchedNotification = {
    id,
    type,
    title,
    message,
    data,
    sender,
    timestamp: isoTime(timestamp),
    offset,
  }
  if (kind !== undefined) payload.kind = kind
  if (expiresAt !== null) payload.expiresAt = isoTime(expiresAt)
  return payload
}

export function sentPayload(stream: StreamKey, written: Written): NotificationSent {
  return {
    notificationId: written.id,
    channel: channelNameOf(stream),
    timestamp: isoTime(written.timestamp),
    stream: wireNameOf(stream),
    epoch: written.epoch,
    offset: written.offset,
    duplicate: written.duplicate,
  }
}

export function statsPayload(
  counts: { readonly connectedClients: number; readonly activeChannels: number },
  uptimeMs: number,
  time: number,
): ServerStats {
  return { ...counts, uptime: Math.round(uptimeMs / 10) / 100, timestamp: isoTime(time) }
}

/** Total: a store that gives no time must not stop a notification. */
export function isoTime(time: number): string {
  const slot = (Math.abs(time) % SLOTS) | 0
  if (times[slot] === time) return texts[slot] ?? ''
  const text = new Date(Math.abs(time) <= LATEST ? time : 0).toISOString()
  times[slot] = time
  texts[slot] = text
  return text
}

/** What is emitted and what is confirmed share a millisecond, and many readers miss the same page. */
const SLOTS = 512
/** No date is further from 1970. */
const LATEST = 8.64e15
const times = new Float64Array(SLOTS).fill(Number.NaN)
const texts: string[] = new Array(SLOTS).fill('')

function channelNameOf(stream: StreamKey): string | null {
  return stream.kind === 'channel' ? stream.name : null
}
