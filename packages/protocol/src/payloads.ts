import * as v from 'valibot'
import { findJsonFault, isPlainObject, type JsonObject } from './json.ts'
import { LIMITS } from './limits.ts'
import { isStreamName, type StreamName } from './streams.ts'
import { isBlank, isIsoTime, isPersonName, isPlainName, isStorableText } from './text.ts'

/*
 * The one source of every payload: the TypeScript types, the check at run time and schema.json all come from
 * the schemas below. The message of a check is the code of the problem it finds (see problems.ts).
 */

export const NOTIFICATION_TYPES = ['info', 'success', 'warning', 'error'] as const
/** Why somebody is in a channel no more: by their own wish, because the server closes, or because the host said so. */
export const LEFT_REASONS = ['client', 'closing', 'revoked'] as const
export const RECOVERY_FAILURES = ['epoch', 'trimmed', 'future', 'id-mismatch'] as const

const notBlank = v.check<string, 'field-required'>((text) => !isBlank(text), 'field-required')
const storable = v.check<string, 'ill-formed'>(isStorableText, 'ill-formed')

const channelName = v.pipe(
  v.string(),
  notBlank,
  v.maxBytes(LIMITS.channelNameBytes),
  v.check(isPlainName, 'ill-formed'),
)

const kind = v.pipe(v.string(), notBlank, v.maxLength(LIMITS.kindLength), v.check(isPlainName, 'ill-formed'))

/** Whether a text can be the kind of a notification. */
export function isKind(text: string): boolean {
  return v.is(kind, text)
}

const userId = v.pipe(
  v.string(),
  notBlank,
  v.maxLength(LIMITS.identityLength),
  v.check(isPlainName, 'ill-formed'),
)

const data = v.pipe(
  v.custom<JsonObject>(isPlainObject, 'field-type'),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const fault = findJsonFault(dataset.value)
    if (fault !== undefined) addIssue({ message: fault.code })
  }),
)

const offset = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER))
const epoch = v.pipe(v.string(), notBlank, v.maxLength(LIMITS.idempotencyKeyLength), storable)

const position = v.object({
  /** Random id of the stream's life; another one means that the log was lost. */
  epoch,
  /** Offset of the last notification that was received. */
  offset,
  /** Id of the notification at `offset`: tells a restored backup from the log it was taken from. */
  id: v.nullish(v.pipe(v.string(), v.maxLength(LIMITS.idempotencyKeyLength), storable)),
})

const streamName = v.pipe(
  v.string(),
  v.maxBytes(LIMITS.channelNameBytes + 2),
  v.check((name) => isStreamName(name) && isPlainName(name), 'stream'),
  v.transform((name) => name as StreamName),
)

const joinOptions = v.object({
  /** Where the client stopped; without it a known user goes on from the server's cursor. */
  since: v.nullish(position, null),
  /** Whoever has no position, or one that is lost, begins with so many of the last notifications. */
  rewind: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LIMITS.historyItems)), null),
})

const historyQuery = v.object({
  stream: streamName,
  /** The page that begins behind this offset. */
  after: v.nullish(offset, null),
  /** The page that ends in front of this offset; without either, the last page. */
  before: v.nullish(v.pipe(offset, v.minValue(1)), null),
  /** @default 100 */
  limit: v.nullish(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LIMITS.historyItems)),
    LIMITS.historyItems,
  ),
})

const notificationInput = v.object({
  /** Absent or `null`: a broadcast, unless `to` names somebody. */
  channel: v.nullish(channelName, null),
  /** A user to reach on all devices, instead of a channel. */
  to: v.nullish(v.object({ user: userId }), null),
  /** @default 'info' */
  type: v.nullish(v.picklist(NOTIFICATION_TYPES), 'info'),
  title: v.pipe(v.string(), notBlank, v.maxLength(LIMITS.titleLength), storable),
  message: v.pipe(v.string(), notBlank, v.maxLength(LIMITS.messageLength), storable),
  /** Names the shape of `data`, where the server gives it one. */
  kind: v.nullish(kind, null),
  /** Any JSON object, or what the schema of its kind takes. @default null */
  data: v.nullish(data, null),
  /** One key makes one notification, however often it is sent. */
  idempotencyKey: v.nullish(
    v.pipe(v.string(), notBlank, v.maxLength(LIMITS.idempotencyKeyLength), storable),
    null,
  ),
  /** Seconds after which the notification is neither replayed nor counted. */
  ttl: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LIMITS.ttlSeconds)), null),
  /** The same as a time, by the server's clock. */
  expiresAt: v.nullish(
    v.pipe(
      v.string(),
      v.check((text) => isIsoTime(text), 'time'),
    ),
    null,
  ),
})

/** Names of the fields of a notification that may be sent. */
export const NOTIFICATION_FIELDS: readonly string[] = Object.keys(notificationInput.entries)

/**
 * The arguments of each request in their order on the wire, without the acknowledgement that may end them.
 * `null` stands for an absent argument.
 */
export const requestArguments = {
  'join-channel': { channel: channelName, options: v.nullish(joinOptions, null) },
  'leave-channel': { channel: channelName },
  'send-notification': { notification: notificationInput },
  'get-stats': {},
  'get-channels': {},
  'ack-notifications': {
    positions: v.pipe(v.record(streamName, position), v.maxEntries(LIMITS.positionsPerRequest)),
  },
  'get-history': { query: historyQuery },
  /** As in the handshake: an `authenticate` of the host reads it. */
  'refresh-auth': { auth: data },
} as const

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

type Arguments = typeof requestArguments

/** A request after the check: defaults filled in, unknown fields gone. */
export type Request<E extends keyof Arguments> = {
  readonly [A in keyof Arguments[E]]: v.InferOutput<Extract<Arguments[E][A], v.GenericSchema>>
}

/** What a server sends with an event. */
export type ServerPayload<E extends keyof typeof serverPayloads> = v.InferOutput<(typeof serverPayloads)[E]>

export type NotificationType = (typeof NOTIFICATION_TYPES)[number]
export type RecoveryFailure = (typeof RECOVERY_FAILURES)[number]
export type Position = v.InferInput<typeof position>
/** The second argument of `join-channel`. */
export type JoinOptions = v.InferInput<typeof joinOptions>
/** What `send-notification` takes. */
export type NotificationInput = v.InferInput<typeof notificationInput>
/** A checked `send-notification`. */
export type NotificationDraft = v.InferOutput<typeof notificationInput>
/** The argument of `get-history`. */
export type HistoryQuery = v.InferInput<typeof historyQuery>
/** What `refresh-auth` is answered with. */
export type AuthRefreshed = v.InferOutput<typeof authRefreshed>
/** A page of a stream, oldest first. */
export type HistoryPage = v.InferOutput<typeof historyPage>
/** The positions of `ack-notifications`, by stream. */
export type Positions = { readonly [S in StreamName]?: Position }

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

/** What the handshake's `auth` may say. Nothing of it is proof of anything. */
export const handshake = v.object({
  user_id: userId,
  username: v.pipe(
    v.string(),
    notBlank,
    v.maxLength(LIMITS.identityLength),
    v.check(isPersonName, 'ill-formed'),
  ),
  device_id: userId,
  notifications: v.object({
    version: v.literal(2),
    /** Random id of this client: scopes the keys of guests. */
    clientId: v.nullish(userId),
    since: v.nullish(v.object({ b: v.nullish(position), u: v.nullish(position) })),
  }),
})
