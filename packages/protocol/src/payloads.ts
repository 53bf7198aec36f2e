import * as v from 'valibot'
import { NOTIFICATION_TYPES, offset, streamName } from './fields.ts'
import { isPlainObject, type JsonObject } from './json.ts'

/*
 * The one source of every payload of a server: the TypeScript types and schema.json both come from the schemas below.
 */

/** Why somebody is in a channel no more: by their own wish, because the server closes, or because the host said so. */
export const LEFT_REASONS = ['client', 'closing', 'revoked'] as const
export const RECOVERY_FAILURES = ['epoch', 'trimmed', 'future', 'id-mismatch'] as const

const text = v.string()
const nullableText = v.nullable(v.string())
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const recovery = {
  /** On a return only: whether everything that was missed follows. */
  recovered: v.optional(v.boolean()),
  /** Why it does not. */
  reason: v.optional(v.picklist(RECOVERY_FAILURES)),
}
const place = { stream: streamName, epoch: text, offset }

const notificationReceived = v.object({
  id: text,
  type: v.picklist(NOTIFICATION_TYPES),
  title: text,
  message: text,
  /** Set when its sender gave one: names the shape of `data`. */
  kind: v.optional(text),
  data: v.nullable(v.custom<JsonObject>(isPlainObject)),
  sender: text,
  /** `null` for a broadcast and for a notification to one user. */
  channel: nullableText,
  timestamp: text,
  ...place,
  expiresAt: v.optional(text),
  /** Set on what was missed and is delivered late. */
  replayed: v.optional(v.literal(true)),
})

/** A notification within a batch, which says for all of them what they share. */
const batchedNotification = v.omit(notificationReceived, ['channel', 'stream', 'epoch', 'replayed'])

const streamCut = v.object({ epoch: text, offset, ...recovery })

/** What `get-history` is answered with. */
export const historyPage = v.object({
  stream: streamName,
  epoch: text,
  /** Offset of the last notification of the stream. */
  head: offset,
  /** Everything at or below is gone for good. */
  base: offset,
  items: v.array(notificationReceived),
  /** There is more in the direction that was read. */
  hasMore: v.boolean(),
})

/** What `refresh-auth` is answered with. */
const authRefreshed = v.object({
  userId: nullableText,
  /** As in `connection-confirmed`. */
  authExpiresInMs: v.optional(count),
})

/** What a server sends, by event. */
export const serverPayloads = {
  'connection-confirmed': v.object({
    socketId: text,
    serverTime: text,
    version: v.number(),
    /** Who the server takes the client for; `null` for a guest. */
    userId: nullableText,
    /** Missed broadcasts and personal notifications, which follow at once. */
    pendingCount: count,
    hasMore: v.boolean(),
    /** Milliseconds until the connection ends, unless `refresh-auth` renews it. Absent where nothing expires. */
    authExpiresInMs: v.optional(count),
    streams: v.object({ b: v.optional(streamCut), u: v.optional(streamCut) }),
    limits: v.record(v.string(), v.number()),
  }),
  'notification-received': notificationReceived,
  'notifications-batch': v.object({
    stream: streamName,
    epoch: text,
    /** Nothing at or below is still to come, `items` included. */
    upTo: offset,
    /** In growing offset. */
    items: v.array(batchedNotification),
    /** They were missed and are delivered late. */
    replayed: v.optional(v.literal(true)),
  }),
  'notification-sent': v.object({
    notificationId: text,
    channel: nullableText,
    timestamp: text,
    ...place,
    /** The key was used before: this is the receipt of the first send. */
    duplicate: v.boolean(),
  }),
  'channel-joined': v.object({
    channel: text,
    message: text,
    clientCount: count,
    /** How many missed notifications follow. */
    pendingCount: count,
    timestamp: text,
    epoch: text,
    /** The cut: what was missed is at or below it, what is live is above. */
    offset,
    /** More than one page was missed: the rest follows by itself, `pendingCount` is an upper bound. */
    hasMore: v.boolean(),
    ...recovery,
  }),
  'channel-left': v.object({
    channel: text,
    message: text,
    timestamp: text,
    reason: v.picklist(LEFT_REASONS),
  }),
  'channels-list': v.array(v.object({ name: text, clientCount: count })),
  'server-stats': v.object({
    connectedClients: count,
    activeChannels: count,
    /** Seconds. */
    uptime: v.number(),
    timestamp: text,
  }),
  'stream-reset': v.object({
    ...place,
    /** What was lost: see `recovered`. */
    reason: v.picklist(RECOVERY_FAILURES),
  }),
  'error-message': v.object({
    errors: v.array(text),
    /** Stable code of the first problem. */
    code: text,
    /** The request that was refused; `null` when the server speaks of itself. */
    event: nullableText,
    /** How long to wait before the request, or the connection, is tried again. */
    retryAfterMs: v.optional(count),
  }),
} as const

/** What a server sends with an event. */
export type ServerPayload<E extends keyof typeof serverPayloads> = v.InferOutput<(typeof serverPayloads)[E]>

export type RecoveryFailure = (typeof RECOVERY_FAILURES)[number]
/** What `refresh-auth` is answered with. */
export type AuthRefreshed = v.InferOutput<typeof authRefreshed>
/** A page of a stream, oldest first. */
export type HistoryPage = v.InferOutput<typeof historyPage>
export type ConnectionConfirmed = ServerPayload<'connection-confirmed'>
export type NotificationReceived = ServerPayload<'notification-received'>
/** Several notifications of one stream in one frame. */
export type NotificationsBatch = ServerPayload<'notifications-batch'>
export type NotificationSent = ServerPayload<'notification-sent'>
export type ChannelJoined = ServerPayload<'channel-joined'>
export type ChannelLeft = ServerPayload<'channel-left'>
export type ChannelsList = ServerPayload<'channels-list'>
export type ServerStats = ServerPayload<'server-stats'>
export type StreamReset = ServerPayload<'stream-reset'>
export type ErrorMessage = ServerPayload<'error-message'>
