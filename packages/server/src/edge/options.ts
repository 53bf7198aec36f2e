import { type Catalogue, en, fr, LIMITS, PROBLEM_CODES } from '@carillon/protocol'
import type { NotificationStore } from '@carillon/store'
import type { Socket } from 'socket.io'
import type { Settings } from '../flows/core.ts'
import type { AuthorizationRequest, ValidationRequest } from '../flows/ports.ts'
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
import { safeCatalogue } from './safe-catalogue.ts'

/** Who a connection belongs to, as the host knows it. */
export interface AuthenticatedUser {
  readonly userId: string
  /** Shown as the sender. @default the userId */
  readonly username?: string
}

/** What may be done and held at most. Every bound is a positive integer. */
export interface ServerLimits {
  /** Channels that one socket may be in. @default 100 */
  readonly channelsPerSocket?: number
  /** Requests of one socket that may wait for an answer; more are refused with `too-many-requests`. @default 1000 */
  readonly requestsPerSocket?: number
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

/** Options of {@link attachNotifications}. All may be left out. */
export interface NotificationsOptions {
  /**
   * Where notifications and cursors live. A store that is given is not closed by `close()`.
   * @default the memory store: bounded, lost with the process
   */
  readonly store?: NotificationStore
  /**
   * Says who a connection belongs to. Called once per connection, before anything is served; requests wait for
   * it. Return the user, or `null` or `false` to refuse: the client gets an `error-message` with the code
   * `unauthenticated` and is disconnected. A throw, a rejection, an answer of another shape and silence beyond
   * `limits.hookTimeoutMs` refuse as well; the fault goes to `problem` and `log`, never to the client.
   * @default the `user_id` and `username` that the client claims in `auth`, marked unverified
   */
  authenticate?(
    socket: Socket,
  ): AuthenticatedUser | null | false | undefined | Promise<AuthenticatedUser | null | false | undefined>
  /**
   * Says whether a user may do something. Called after the check of the request, before anything is read or
   * stored. Only `true` allows; `false` refuses with `not-allowed`. A throw and silence refuse with
   * `hook-failed`, and the socket stays open.
   * @default everybody may do everything
   */
  authorize?(request: AuthorizationRequest): boolean | Promise<boolean>
  /**
   * Has the last word on a notification that a client sends, after the check of its shape and before
   * `authorize`. Return nothing to accept, or a sentence or a list of sentences for the sender to read. A throw
   * and silence refuse with `hook-failed`. Not called for what the host itself sends.
   * @default every well-formed notification is accepted
   */
  validate?(
    notification: ValidationRequest,
  ): string | readonly string[] | undefined | Promise<string | readonly string[] | undefined>
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
  readonly stats?: StatsOptions
  /** Sender of what the host sends without naming one. @default the name in the language, "Serveur" */
  readonly serverName?: string
  /** Where faults and start-up facts are written; `false` for nowhere. @default console */
  readonly log?: Log | false
}

const LIMIT_DEFAULTS = {
  channelsPerSocket: 100,
  requestsPerSocket: 1_000,
  channelsListed: 1_000,
  pageItems: 100,
  pageBytes: 262_144,
  missedBroadcasts: 100,
  hookTimeoutMs: 5_000,
  storeTimeoutMs: 10_000,
} satisfies Record<keyof ServerLimits, number>

const STATS_DEFAULTS = {
  minIntervalMs: 250,
  perClientMs: 4,
} satisfies Record<keyof StatsOptions, number>

/** Every bound with the value that is in force without one: tests compare the documents with it. */
export const DEFAULTS = Object.freeze({ ...LIMIT_DEFAULTS, ...STATS_DEFAULTS })

/** Healthy reordering heals itself within this time. */
const HOLE_WAIT_MS = 200
const LINGER_MS = 30_000
/** Marks per ping interval: what a heartbeat proves is told this finely. */
const MARKS_PER_INTERVAL = 16

export interface Heartbeat {
  readonly pingIntervalMs: number
  readonly pingTimeoutMs: number
}

/** Options after the check. */
export interface Resolved {
  readonly settings: Settings
  readonly storeTimeoutMs: number
  readonly log: Log
}

/** The only place where options are checked and defaults are written. */
export function resolveOptions(
  options: NotificationsOptions,
  { pingIntervalMs, pingTimeoutMs }: Heartbeat,
): Resolved {
  checkOptions(options, EXPECTATIONS)
  const limits = boundsOf('limits', LIMIT_DEFAULTS, options.limits)
  const stats = boundsOf('stats', STATS_DEFAULTS, options.stats)
  const catalogue = catalogueOf(options.locale)
  const settings: Settings = {
    catalogue,
    announcedLimits: Object.freeze({ ...LIMITS, channelsPerSocket: limits.channelsPerSocket }),
    channelsPerSocket: limits.channelsPerSocket,
    requestsPerSocket: limits.requestsPerSocket,
    channelsListed: limits.channelsListed,
    page: { limit: limits.pageItems, maxBytes: limits.pageBytes },
    missedBroadcasts: limits.missedBroadcasts,
    hookTimeoutMs: limits.hookTimeoutMs,
    holeWaitMs: HOLE_WAIT_MS,
    lingerMs: LINGER_MS,
    stats: { minIntervalMs: stats.minIntervalMs, perClientMs: stats.perClientMs },
    marks: { bucketMs: pingIntervalMs / MARKS_PER_INTERVAL, keepMs: 2 * pingIntervalMs + pingTimeoutMs },
    serverName: options.serverName ?? catalogue.server,
  }
  const log = options.log === false ? silentLog : (options.log ?? consoleLog)
  return { settings, storeTimeoutMs: limits.storeTimeoutMs, log: safeLog(log) }
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

const LOG_METHODS: readonly (keyof Log)[] = ['info', 'warn', 'error']

const EXPECTATIONS: Readonly<Record<keyof NotificationsOptions, Expectation>> = {
  store: {
    what: `a store, with ${STORE_METHODS.join(', ')}`,
    fits: (value) => hasMethods(value, STORE_METHODS),
  },
  authenticate: A_FUNCTION,
  authorize: A_FUNCTION,
  validate: A_FUNCTION,
  access: { what: "'open'", fits: (value) => value === 'open' },
  // Looked at more closely below.
  locale: { what: LOCALES, fits: () => true },
  scope: A_STRING,
  limits: AN_OBJECT,
  stats: AN_OBJECT,
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
