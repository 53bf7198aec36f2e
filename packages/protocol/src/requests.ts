import * as v from 'valibot'
import {
  channelName,
  data,
  kind,
  NOTIFICATION_TYPES,
  notBlank,
  offset,
  type Position,
  position,
  storable,
  streamName,
  userId,
} from './fields.ts'
import { LIMITS } from './limits.ts'
import type { StreamName } from './streams.ts'
import { isIsoTime } from './text.ts'

/*
 * The one source of every request: the TypeScript types, the check at run time and schema.json all come from the
 * schemas below.
 */

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

type Arguments = typeof requestArguments

/** A request after the check: defaults filled in, unknown fields gone. */
export type Request<E extends keyof Arguments> = {
  readonly [A in keyof Arguments[E]]: v.InferOutput<Extract<Arguments[E][A], v.GenericSchema>>
}

/** The second argument of `join-channel`. */
export type JoinOptions = v.InferInput<typeof joinOptions>
/** What `send-notification` takes. */
export type NotificationInput = v.InferInput<typeof notificationInput>
/** A checked `send-notification`. */
export type NotificationDraft = v.InferOutput<typeof notificationInput>
/** The argument of `get-history`. */
export type HistoryQuery = v.InferInput<typeof historyQuery>
/** The positions of `ack-notifications`, by stream. */
export type Positions = { readonly [S in StreamName]?: Position }
