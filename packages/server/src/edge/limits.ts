import { LIMITS, type Limits } from '@carillon/protocol'
import { badOption, boundsOf } from './option-checks.ts'

/**
 * What a request may hold and what may be done at most. Every bound is a positive integer. Those of the protocol may
 * only be narrowed: a client that was written for it must not be surprised by the wire.
 */
export interface ServerLimits {
  /** Channels that one socket may be in. @default 100 */
  readonly channelsPerSocket?: number
  /** Requests of one socket that may wait for an answer; more are refused with `too-many-requests`. @default 1000 */
  readonly requestsPerSocket?: number
  /** Answers of hooks that one socket may wait for at once; more wait for one of them. @default 8 */
  readonly hooksPerSocket?: number
  /** Channels that `get-channels` lists, the fullest first. @default 1000 */
  readonly channelsListed?: number
  /** Missed notifications that are read at once. @default 100 */
  readonly pageItems?: number
  /** Bytes of missed notifications that are read at once. @default 262144 */
  readonly pageBytes?: number
  /** Missed broadcasts that a returning user gets at most. @default 100 */
  readonly missedBroadcasts?: number
  /** Milliseconds that a hook may take. @default 5000 */
  readonly hookTimeoutMs?: number
  /**
   * Milliseconds that a call to a given store may take; a send that takes longer is answered with an unknown
   * outcome. @default 10000
   */
  readonly storeTimeoutMs?: number
  /**
   * Frames that may wait for one connection. Above this, or above `bufferedBytes`, it gets its notifications page by
   * page, as it takes them; what the host itself sends on it counts as well. @default 512
   */
  readonly bufferedFrames?: number
  /** Bytes that may wait for one connection: several times `pageBytes`. @default 1048576 */
  readonly bufferedBytes?: number
  /** Milliseconds for which such a connection may take nothing at all; then it is cut off. @default 30000 */
  readonly stalledMs?: number
  /** UTF-8 bytes of a channel name, at most the default. @default 200 */
  readonly channelNameBytes?: number
  /** Characters of a title, at most the default. @default 200 */
  readonly titleLength?: number
  /** Characters of a message, at most the default. @default 10000 */
  readonly messageLength?: number
  /** Bytes of `data`, at most the default. @default 65536 */
  readonly dataBytes?: number
  /** Levels of `data`, at most the default. @default 32 */
  readonly dataDepth?: number
  /** Values in `data`, on all levels together, at most the default. @default 1024 */
  readonly dataKeys?: number
  /** Seconds of a `ttl`, at most the default: 30 days. @default 2592000 */
  readonly ttlSeconds?: number
  /** Notifications of a page of history, and of a `rewind`, at most the default. @default 100 */
  readonly historyItems?: number
}

/**
 * How often somebody may do something within a while. Every bound is a positive integer. A socket that goes on after
 * twice as many as one of its own bounds is disconnected.
 */
export interface RateBounds {
  /** Milliseconds over which the others count; whole seconds. @default 10000 */
  readonly windowMs?: number
  /** Requests of one socket, of whatever kind. @default 2000 */
  readonly requestsPerSocket?: number
  /** @default 500 */
  readonly sendsPerSocket?: number
  /** @default 500 */
  readonly joinsPerSocket?: number
  /** `refresh-auth` of one socket: after each, the hooks are asked about all of its channels. @default 20 */
  readonly renewalsPerSocket?: number
  /** `get-channels` of one socket: for each, `visible` is asked about all channels. @default 100 */
  readonly listsPerSocket?: number
  /** Over all connections of a user. @default 1000 */
  readonly sendsPerUser?: number
  /** Over all connections of a user. @default 2000 */
  readonly joinsPerUser?: number
  /** Over all connections from one address. @default 10000 */
  readonly sendsPerAddress?: number
  /** Over all connections from one address. @default 20000 */
  readonly joinsPerAddress?: number
  /** Connections from one address. @default 5000 */
  readonly connectionsPerAddress?: number
  /**
   * Milliseconds that the frames of one turn of the event loop may take. While there are more, those who send the most
   * are heard later, so that the others need not wait for them. @default 10
   */
  readonly longestTurnMs?: number
}

/** How often `server-stats` goes out. The first change goes out at once. */
export interface StatsOptions {
  /** Shortest time between two statistics, in milliseconds. @default 250 */
  readonly minIntervalMs?: number
  /**
   * What each connected client adds to that time, in milliseconds, so that statistics stay a fixed share of
   * the server's work. @default 4
   */
  readonly perClientMs?: number
}

/** Those of the protocol that a host may narrow. */
const NARROWABLE = {
  channelNameBytes: LIMITS.channelNameBytes,
  titleLength: LIMITS.titleLength,
  messageLength: LIMITS.messageLength,
  dataBytes: LIMITS.dataBytes,
  dataDepth: LIMITS.dataDepth,
  dataKeys: LIMITS.dataKeys,
  ttlSeconds: LIMITS.ttlSeconds,
  historyItems: LIMITS.historyItems,
} as const

const LIMIT_DEFAULTS: Readonly<Required<ServerLimits>> = Object.freeze({
  ...NARROWABLE,
  channelsPerSocket: 100,
  requestsPerSocket: 1_000,
  hooksPerSocket: 8,
  channelsListed: 1_000,
  pageItems: 100,
  pageBytes: 262_144,
  missedBroadcasts: 100,
  hookTimeoutMs: 5_000,
  storeTimeoutMs: 10_000,
  bufferedFrames: 512,
  bufferedBytes: 1_048_576,
  stalledMs: 30_000,
})

const RATE_DEFAULTS: Readonly<Required<RateBounds>> = Object.freeze({
  windowMs: 10_000,
  requestsPerSocket: 2_000,
  sendsPerSocket: 500,
  joinsPerSocket: 500,
  renewalsPerSocket: 20,
  listsPerSocket: 100,
  sendsPerUser: 1_000,
  joinsPerUser: 2_000,
  sendsPerAddress: 10_000,
  joinsPerAddress: 20_000,
  connectionsPerAddress: 5_000,
  longestTurnMs: 10,
})

const STATS_DEFAULTS: Readonly<Required<StatsOptions>> = Object.freeze({ minIntervalMs: 250, perClientMs: 4 })

/** Every bound with the value that is in force without one. */
export const DEFAULTS = Object.freeze({ limits: LIMIT_DEFAULTS, rates: RATE_DEFAULTS, stats: STATS_DEFAULTS })

export type ResolvedLimits = Readonly<Required<ServerLimits>>
export type ResolvedRates = Readonly<Required<RateBounds>>

/** @throws NotificationsError `BAD_OPTION` */
export function resolveLimits(given: ServerLimits | undefined): ResolvedLimits {
  const limits = boundsOf<ResolvedLimits>('limits', LIMIT_DEFAULTS, given)
  for (const [name, most] of Object.entries(NARROWABLE)) {
    const value: unknown = Reflect.get(limits, name)
    if (typeof value === 'number' && value > most)
      throw badOption(`limits.${name}`, `at most ${most}, as the protocol has it`, value)
  }
  return limits
}

/** @throws NotificationsError `BAD_OPTION` */
export function resolveRates(given: RateBounds | undefined): ResolvedRates {
  const rates = boundsOf<ResolvedRates>('rates', RATE_DEFAULTS, given)
  if (rates.windowMs % 1_000 !== 0) throw badOption('rates.windowMs', 'whole seconds', rates.windowMs)
  return rates
}

/** The limits of the protocol as they are in force here. */
export function wireLimitsOf(limits: ResolvedLimits): Limits {
  const narrowed = Object.keys(NARROWABLE).map((name) => [name, Reflect.get(limits, name)])
  return { ...LIMITS, ...Object.fromEntries(narrowed) }
}

/** What is announced to clients: the limits of the protocol as they are in force here. */
export function announcedOf(
  limits: ResolvedLimits,
  rates: ResolvedRates | null,
): Readonly<Record<string, number>> {
  return Object.freeze({
    ...wireLimitsOf(limits),
    channelsPerSocket: limits.channelsPerSocket,
    ...(rates === null
      ? {}
      : {
          rateWindowMs: rates.windowMs,
          requestsPerWindow: rates.requestsPerSocket,
          sendsPerWindow: rates.sendsPerSocket,
          joinsPerWindow: rates.joinsPerSocket,
        }),
  })
}
