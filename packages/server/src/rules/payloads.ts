import type {
  NotificationReceived,
  NotificationSent,
  NotificationsBatch,
  ServerStats,
} from '@carillon/protocol'
import type { Item, StreamKey, Written } from '@carillon/store'
import { wireNameOf } from './streams.ts'

/** The notification as every reader gets it: built once, field by field, whatever the sender wrote. */
export function receivedPayload(stream: StreamKey, epoch: string, item: Item): NotificationReceived {
  const { type, title, message, data, sender } = item.content
  const payload: NotificationReceived = {
    id: item.id,
    type,
    title,
    message,
    data,
    sender,
    channel: channelNameOf(stream),
    timestamp: isoTime(item.timestamp),
    stream: wireNameOf(stream),
    epoch,
    offset: item.offset,
  }
  return item.expiresAt === null ? payload : { ...payload, expiresAt: isoTime(item.expiresAt) }
}

export function replayedPayload(stream: StreamKey, epoch: string, item: Item): NotificationReceived {
  return { ...receivedPayload(stream, epoch, item), replayed: true }
}

export function replayedBatch(
  stream: StreamKey,
  epoch: string,
  items: readonly Item[],
  upTo: number,
): NotificationsBatch {
  return { stream: wireNameOf(stream), epoch, upTo, items: items.map(batchedPayload), replayed: true }
}

function batchedPayload({
  id,
  timestamp,
  offset,
  expiresAt,
  content,
}: Item): NotificationsBatch['items'][number] {
  const { type, title, message, data, sender } = content
  const payload = { id, type, title, message, data, sender, timestamp: isoTime(timestamp), offset }
  return expiresAt === null ? payload : { ...payload, expiresAt: isoTime(expiresAt) }
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
  if (time === last.time) return last.text
  const text = new Date(Number.isFinite(time) ? time : 0).toISOString()
  last = { time, text }
  return text
}

/** What is emitted and what is confirmed mostly share a millisecond. */
let last = { time: Number.NaN, text: '' }

function channelNameOf(stream: StreamKey): string | null {
  return stream.kind === 'channel' ? stream.name : null
}
