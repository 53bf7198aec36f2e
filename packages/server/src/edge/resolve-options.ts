import { type Catalogue, en, fr, isPlainObject, PROBLEM_CODES } from '@carillon/protocol'
import type { NotificationStore } from '@carillon/store'
import type { Settings } from '../flows/core.ts'
import type { KindSchema } from '../flows/ports.ts'
import { isNarrower } from '../rules/bounds.ts'
import type { Policy } from '../rules/policies.ts'
import { schemasOf } from './kinds.ts'
import {
  announcedOf,
  DEFAULTS,
  type ResolvedLimits,
  type ResolvedRates,
  resolveLimits,
  resolveRates,
  wireLimitsOf,
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
import type { NotificationsOptions, RateOptions } from './options.ts'
import { resolvePolicies } from './policies.ts'
import { A_REDIS_CLIENT } from './redis-counts.ts'
import { safeCatalogue } from './safe-catalogue.ts'

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
  readonly rates: ResolvedRates | null
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
  limits: ResolvedLimits,
  rates: ResolvedRates | null,
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
    stats: options.stats === false ? null : boundsOf('stats', DEFAULTS.stats, options.stats),
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
function narrowingOf(limits: ResolvedLimits, pattern: RegExp | undefined): Settings['narrowing'] {
  if (pattern === undefined && !isNarrower(wireLimitsOf(limits))) return null
  const isChannel = (name: string): boolean => {
    if (pattern === undefined) return true
    pattern.lastIndex = 0
    return pattern.test(name)
  }
  return { limits: wireLimitsOf(limits), isChannel }
}

function lookingOf({
  bufferedFrames,
  bufferedBytes,
  stalledMs,
}: ResolvedLimits): Pick<Settings, 'buffer' | 'lookMs'> {
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
