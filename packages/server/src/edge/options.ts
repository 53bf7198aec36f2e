import { type Catalogue, en, fr, isPlainObject, type Kinds, PROBLEM_CODES } from '@carillon/protocol'
import type { NotificationStore } from '@carillon/store'
import type { Socket } from 'socket.io'
import type { Settings } from '../flows/core.ts'
import type { AuthorizationRequest, KindSchema, ValidationRequestOf } from '../flows/ports.ts'
import { isNarrower } from '../rules/bounds.ts'
import type { Identity } from '../rules/identity.ts'
import type { Policy } from '../rules/policies.ts'
import { schemasOf } from './kinds.ts'
import {
  announcedOf,
  LIMIT_DEFAULTS,
  type Limits,
  RATE_DEFAULTS,
  type RateBounds,
  type Rates,
  resolveLimits,
  resolveRates,
  type ServerLimits,
} from './limits.ts'
import { consoleLog, type Log, safeLog, silentLog } from './log.ts'
import {
  A_FUNCTION,
  A_STRING,
  AN_OBJECT,
  badOption,
  boundsOf,
  checkOptions,
  type Expectation,
  hasMethods,
} from './option-checks.ts'
import { type ChannelPolicies, resolvePolicies } from './policies.ts'
import { A_REDIS_CLIENT } from './redis-counts.ts'
import { safeCatalogue } from './safe-catalogue.ts'

/** Who a connection belongs to, as the host knows it. */
export interface AuthenticatedUser<Claims = unknown> {
  readonly userId: string
  /** Shown as the sender. @default the userId */
  readonly username?: string | undefined
  /** Whatever else the host knows: roles, a tenant. The hooks get it as `user.claims`; no client ever does. */
  readonly claims?: Claims | null | undefined
  /**
   * When the proof ends: a `Date`, or milliseconds since 1970 (`exp` of a JWT counts seconds). Then the client is
   * told to renew, and the connection ends, unless `refresh-auth` has renewed it before.
   * @default never
   */
  readonly expiresAt?: Date | number | null | undefined
}

/** What `authenticate` says: a user, nobody, or a user whose proof is no longer good and has to be renewed. */
export type Authentication<Claims = unknown> =
  | AuthenticatedUser<Claims>
  | 'expired'
  | null
  | false
  | undefined

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

/** Rates, and where they are counted. */
export interface RateOptions extends RateBounds {
  /**
   * A client of Redis (ioredis or redis), connected by the host: then users and addresses are counted over all nodes.
   * When it does not answer, each node counts by itself; `problem` and `log` say so once, and `log` when it is back.
   * @default each node counts by itself
   */
  readonly redis?: object
}

/** Options of {@link attachNotifications}. All may be left out. */
export interface NotificationsOptions<K extends Kinds = Kinds, Claims = unknown> {
  /**
   * Where notifications and cursors live. A store that is given is not closed by `close()`.
   * @default the memory store: bounded, lost with the process
   */
  readonly store?: NotificationStore
  /**
   * Says who a connection belongs to. Called for each connection before anything is served, while requests wait for
   * it, and again when the client renews its proof (`refresh-auth`). `auth` is what the client says of itself: of the
   * handshake, or the new one; `socket.handshake.auth` stays as your middleware saw it.
   * Return the user; `'expired'` for a proof that was good and is over: the client is told to renew it
   * (`token-expired`); or `null` or `false` to refuse (`unauthenticated`). Both disconnect, but for a renewal, which
   * changes nothing then. A throw, a rejection, an answer of another shape and silence beyond `limits.hookTimeoutMs`
   * refuse as well; the fault goes to `problem` and `log`, never to the client.
   *
   * The type of `claims` in the other hooks is what it says here. TypeScript reads the options in their order: write
   * `authenticate` before them, or the type of its `socket` (`(socket: Socket) => …`); otherwise `claims` are `unknown`
   * there.
   * @default the `user_id` and `username` that the client claims in `auth`, marked unverified
   */
  authenticate?(
    socket: Socket,
    auth: Socket['handshake']['auth'],
  ): Authentication<Claims> | Promise<Authentication<Claims>>
  /**
   * Says whether a user may do something. Called after the check of the request, before anything is read or
   * stored. Only `true` allows; `false` refuses with `not-allowed`. A throw and silence refuse with
   * `hook-failed`, and the socket stays open.
   * @default everybody may do everything
   */
  readonly authorize?: (request: AuthorizationRequest<NoInfer<Claims>>) => boolean | Promise<boolean>
  /**
   * Who may join, send to and read the history of the channels whose name fits a pattern. The first that fits holds;
   * `authorize`, if given, has to agree. See {@link ChannelPolicies}.
   *
   * ```ts
   * policies: { 'orders:*': { send: 'server', history: { read: 'members', rewind: 20 } }, '*': { join: 'users' } }
   * ```
   * @default every channel is open
   */
  readonly policies?: ChannelPolicies<NoInfer<Claims>>
  /**
   * Which of the active channels `get-channels` may tell a user of: asked once for all of them. What is not among
   * `names` is passed over. A throw and silence refuse with `hook-failed`.
   * @default all; with `policies`, those that the user may join or is in; with `authorize`, those it is in
   */
  readonly visible?: (
    user: Identity<NoInfer<Claims>>,
    names: readonly string[],
  ) => Iterable<string> | Promise<Iterable<string>>
  /**
   * Has the last word on a notification that a client sends, after the check of its shape and of its kind, and before
   * `authorize`: `data` are what the schema of the kind made of them. Return nothing to accept, or a sentence or a list
   * of sentences for the sender to read. A throw and silence refuse with `hook-failed`. Not called for what the host
   * itself sends.
   * @default every well-formed notification is accepted
   */
  readonly validate?: (
    notification: ValidationRequestOf<K, NoInfer<Claims>>,
  ) => string | readonly string[] | undefined | Promise<string | readonly string[] | undefined>
  /**
   * The kinds of notifications that there are, each with a schema for its `data`: any Standard Schema, of zod,
   * valibot, arktype and others. The handle's `send` and `validate` know their types, and so does a client that is
   * given them: `connectNotifications<typeof kinds>(url)`.
   *
   * For clients and for the host itself, before `validate`: an unknown kind is refused with `unknown-kind`; `data` go
   * to the schema of the kind (`undefined` if there are none), sync or async; what it objects to is refused with
   * `invalid-data`, in its own words; what it makes of them, a JSON object or nothing, is what is stored and
   * delivered. A schema that throws, takes longer than `limits.hookTimeoutMs` or gives anything else refuses with
   * `hook-failed`; the fault goes to `problem` and `log`. A notification without a kind may have any `data`.
   * @default any kind is relayed, with any data
   */
  readonly kinds?: K
  /**
   * `open` states that claimed identities are wanted. In production (`NODE_ENV`) either this or `authenticate`
   * must be given.
   */
  readonly access?: 'open'
  /** Language of the sentences, or a catalogue of your own. @default 'fr' */
  readonly locale?: 'fr' | 'en' | Catalogue
  /** Name under which the streams of a namespace are kept. @default the namespace's name */
  readonly scope?: string
  readonly limits?: ServerLimits
  /**
   * How often a socket, a user and an address may do something; `false` for as often as they like. Who is over a
   * bound is refused with `too-many-requests`, and told when to come back.
   */
  readonly rates?: RateOptions | false
  /**
   * What a channel may be called, beyond what the protocol says. Beware of patterns that take long on long names.
   * @default any name
   */
  readonly channelPattern?: RegExp
  /**
   * Where a socket comes from, for what is counted by address; `null` counts it nowhere. Behind a proxy this has to
   * be told, see SECURITY.md. A throw counts nowhere.
   * @default the address of the connection, unless it is of the own network, where proxies are
   */
  address?(socket: Socket): string | null | undefined
  /** How often `server-stats` goes out; `false` for never, and then only `get-stats` tells. */
  readonly stats?: StatsOptions | false
  /** Sender of what the host sends without naming one. @default the name in the language, "Serveur" */
  readonly serverName?: string
  /** Where faults and start-up facts are written; `false` for nowhere. @default console */
  readonly log?: Log | false
}

const STATS_DEFAULTS = {
  minIntervalMs: 250,
  perClientMs: 4,
} satisfies Record<keyof StatsOptions, number>

/** Every bound with the value that is in force without one. */
export const DEFAULTS = Object.freeze({
  limits: LIMIT_DEFAULTS,
  rates: RATE_DEFAULTS,
  stats: Object.freeze(STATS_DEFAULTS),
})

/** Healthy reordering heals itself within this time. */
const HOLE_WAIT_MS = 200
const LINGER_MS = 30_000
/** What waits for the connections is looked at this often, and often enough to tell `stalledMs`. */
const LOOK_MS = 1_000
const LOOKS_PER_STALL = 4
/** Marks per ping interval: what a heartbeat proves is told this finely. */
const MARKS_PER_INTERVAL = 16

export interface Heartbeat {
  readonly pingIntervalMs: number
  readonly pingTimeoutMs: number
}

/** Options after the check. */
export interface Resolved {
  readonly settings: Settings
  readonly policies: readonly Policy[]
  /** `null` where nobody counts. */
  readonly rates: Rates | null
  readonly redis: object | null
  readonly storeTimeoutMs: number
  readonly log: Log
  readonly kinds: ReadonlyMap<string, KindSchema> | undefined
}

/** The only place where options are checked and defaults are written. */
export function resolveOptions(options: NotificationsOptions, heartbeat: Heartbeat): Resolved {
  checkOptions(options, EXPECTATIONS)
  const limits = resolveLimits(options.limits)
  const { rates, redis } = ratesOf(options.rates)
  const log = options.log === false ? silentLog : safeLog(options.log ?? consoleLog)
  return {
    settings: settingsOf(options, limits, rates, heartbeat),
    policies: resolvePolicies(options.policies),
    rates,
    redis,
    storeTimeoutMs: limits.storeTimeoutMs,
    log,
    kinds: schemasOf(options.kinds),
  }
}

function settingsOf(
  options: NotificationsOptions,
  limits: Limits,
  rates: Rates | null,
  { pingIntervalMs, pingTimeoutMs }: Heartbeat,
): Settings {
  const catalogue = catalogueOf(options.locale)
  return {
    catalogue,
    announcedLimits: announcedOf(limits, rates),
    narrowing: narrowingOf(limits, options.channelPattern),
    rates,
    channelsPerSocket: limits.channelsPerSocket,
    requestsPerSocket: limits.requestsPerSocket,
    hooksPerSocket: limits.hooksPerSocket,
    channelsListed: limits.channelsListed,
    historyItems: limits.historyItems,
    page: { limit: limits.pageItems, maxBytes: limits.pageBytes },
    missedBroadcasts: limits.missedBroadcasts,
    hookTimeoutMs: limits.hookTimeoutMs,
    holeWaitMs: HOLE_WAIT_MS,
    lingerMs: LINGER_MS,
    stats: options.stats === false ? null : boundsOf('stats', STATS_DEFAULTS, options.stats),
    marks: { bucketMs: pingIntervalMs / MARKS_PER_INTERVAL, keepMs: 2 * pingIntervalMs + pingTimeoutMs },
    ...lookingOf(limits),
    serverName: options.serverName ?? catalogue.server,
  }
}

function ratesOf(given: RateOptions | false | undefined): Pick<Resolved, 'rates' | 'redis'> {
  if (given === false) return { rates: null, redis: null }
  const { redis = null, ...bounds } = given ?? {}
  if (redis !== null && !A_REDIS_CLIENT.fits(redis))
    throw badOption('rates.redis', A_REDIS_CLIENT.what, redis)
  return { rates: resolveRates(bounds), redis }
}

/** A pattern with the flag `g` or `y` remembers where it stopped: each test has to begin anew. */
function narrowingOf(limits: Limits, pattern: RegExp | undefined): Settings['narrowing'] {
  if (pattern === undefined && !isNarrower(limits)) return null
  const isChannel = (name: string): boolean => {
    if (pattern === undefined) return true
    pattern.lastIndex = 0
    return pattern.test(name)
  }
  return { bounds: limits, isChannel }
}

function lookingOf({
  bufferedFrames,
  bufferedBytes,
  stalledMs,
}: Required<ServerLimits>): Pick<Settings, 'buffer' | 'lookMs'> {
  const lookMs = Math.min(LOOK_MS, stalledMs / LOOKS_PER_STALL)
  const stalledLooks = Math.ceil(stalledMs / lookMs)
  return { buffer: { frames: bufferedFrames, bytes: bufferedBytes, stalledLooks }, lookMs }
}

/** A method of the port that is missing here does not compile. */
const STORE_METHODS = Object.keys({
  durability: true,
  append: true,
  read: true,
  heads: true,
  cursors: true,
  moveCursors: true,
  prune: true,
  clear: true,
  forget: true,
  close: true,
} satisfies Record<Exclude<keyof NotificationStore, 'shared' | 'inOrder' | 'listen'>, true>)

const LOCALES = "'fr', 'en' or a catalogue"

const OBJECT_OR_FALSE: Expectation = {
  what: 'an object, or false',
  fits: (value) => value === false || AN_OBJECT.fits(value),
}

const LOG_METHODS: readonly (keyof Log)[] = ['info', 'warn', 'error']

const EXPECTATIONS: Readonly<Record<keyof NotificationsOptions, Expectation>> = {
  store: {
    what: `a store, with ${STORE_METHODS.join(', ')}`,
    fits: (value) => hasMethods(value, STORE_METHODS),
  },
  authenticate: A_FUNCTION,
  authorize: A_FUNCTION,
  validate: A_FUNCTION,
  policies: AN_OBJECT,
  visible: A_FUNCTION,
  address: A_FUNCTION,
  channelPattern: { what: 'a regular expression', fits: (value) => value instanceof RegExp },
  rates: OBJECT_OR_FALSE,
  // Looked at more closely in kinds.ts.
  kinds: { what: 'an object with a schema for each kind', fits: isPlainObject },
  access: { what: "'open'", fits: (value) => value === 'open' },
  // Looked at more closely below.
  locale: { what: LOCALES, fits: () => true },
  scope: A_STRING,
  limits: AN_OBJECT,
  stats: OBJECT_OR_FALSE,
  serverName: A_STRING,
  log: {
    what: 'an object with info, warn and error, or false',
    fits: (value) => value === false || hasMethods(value, LOG_METHODS),
  },
}

function catalogueOf(locale: NotificationsOptions['locale']): Catalogue {
  if (locale === undefined || locale === 'fr') return fr
  if (locale === 'en') return en
  if (typeof locale === 'object' && locale !== null && typeof locale.problems === 'object') {
    const missing = PROBLEM_CODES.find((code) => typeof locale.problems[code] !== 'function')
    if (missing !== undefined)
      throw badOption(`locale.problems.${missing}`, 'a function', locale.problems[missing])
    return safeCatalogue(locale)
  }
  throw badOption('locale', LOCALES, locale)
}
