import { type Catalogue, en, fr, LIMITS, typeNameOf } from '@carillon/protocol'
import type { NotificationStore } from '@carillon/store'
import type { Socket } from 'socket.io'
import type { Settings } from '../flows/core.ts'
import type { AuthorizationRequest, ValidationRequest } from '../flows/ports.ts'
import { NotificationsError } from './errors.ts'
import { consoleLog, type Log, silentLog } from './log.ts'

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
}

/** How often `server-stats` goes out. The first change goes out at once. */
export interface StatsOptions {
  /** Shortest time between two statistics, in milliseconds. @default 250 */
  readonly minIntervalMs?: number
  /**
   * What each connected client adds to that time, in milliseconds, so that statistics stay a fixed share of
   * the server's work. @default 1
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

const DEFAULTS = Object.freeze({
  channelsPerSocket: 100,
  requestsPerSocket: 1_000,
  channelsListed: 1_000,
  pageItems: 100,
  pageBytes: 262_144,
  missedBroadcasts: 100,
  hookTimeoutMs: 5_000,
  minIntervalMs: 250,
  perClientMs: 1,
}) satisfies Record<string, number>

type BoundName = keyof typeof DEFAULTS

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
  readonly log: Log
}

/** The only place where options are checked and defaults are written. */
export function resolveOptions(
  options: NotificationsOptions,
  { pingIntervalMs, pingTimeoutMs }: Heartbeat,
): Resolved {
  checkNames(options)
  const limits = boundsOf('limits', options.limits)
  const stats = boundsOf('stats', options.stats)
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
    pingIntervalMs,
    serverName: options.serverName ?? catalogue.server,
  }
  return { settings, log: options.log === false ? silentLog : (options.log ?? consoleLog) }
}

type Bounds = { readonly [name: string]: number | undefined }

function boundsOf(group: string, given: ServerLimits | StatsOptions | undefined): Record<BoundName, number> {
  const bounds: Record<BoundName, number> = { ...DEFAULTS }
  const entries: Bounds = { ...given }
  for (const [name, value] of Object.entries(entries)) {
    if (value === undefined) continue
    if (!isBoundName(name)) throw badOption(`${group}.${name}`, 'the name of a bound', name)
    if (!Number.isSafeInteger(value) || value < 1) {
      throw badOption(`${group}.${name}`, 'a positive integer', value)
    }
    bounds[name] = value
  }
  return bounds
}

function isBoundName(name: string): name is BoundName {
  return Object.hasOwn(DEFAULTS, name)
}

const OPTION_NAMES = {
  store: 'object',
  authenticate: 'function',
  authorize: 'function',
  validate: 'function',
  access: 'string',
  locale: null,
  scope: 'string',
  limits: 'object',
  stats: 'object',
  serverName: 'string',
  log: null,
} as const satisfies Record<keyof NotificationsOptions, string | null>

function checkNames(options: NotificationsOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (!isOptionName(name)) {
      throw badOption(name, `one of the options ${Object.keys(OPTION_NAMES).join(', ')}`, name)
    }
    const type = OPTION_NAMES[name]
    if (value !== undefined && type !== null && typeof value !== type)
      throw badOption(name, `a ${type}`, value)
  }
  if (options.access !== undefined && options.access !== 'open')
    throw badOption('access', "'open'", options.access)
}

function isOptionName(name: string): name is keyof typeof OPTION_NAMES {
  return Object.hasOwn(OPTION_NAMES, name)
}

function catalogueOf(locale: NotificationsOptions['locale']): Catalogue {
  if (locale === undefined || locale === 'fr') return fr
  if (locale === 'en') return en
  if (typeof locale === 'object' && locale !== null && typeof locale.problems === 'object') return locale
  throw badOption('locale', "'fr', 'en' or a catalogue", locale)
}

function badOption(field: string, expected: string, got: unknown): NotificationsError {
  const shown = typeof got === 'string' || typeof got === 'number' ? JSON.stringify(got) : typeNameOf(got)
  return new NotificationsError(
    'BAD_OPTION',
    `attachNotifications: "${field}" must be ${expected}, got ${shown}`,
  )
}
