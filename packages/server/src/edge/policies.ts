import { LIMITS } from '@carillon/protocol'
import type { AuthorizationRequest } from '../flows/ports.ts'
import { AUDIENCES, type Audience, type Policy, patternOf } from '../rules/policies.ts'
import { NotificationsError } from './errors.ts'
import { AN_OBJECT, badOption, checkOptions, type Expectation } from './option-checks.ts'

/**
 * Who may do something in a channel: `everyone`; `users`, who have an identity; `members`, who are in the channel at
 * that moment; `server`, the host's own `send()` alone; or a function that is asked each time, as `authorize` is.
 */
export type PolicyRight<Claims = unknown> =
  | Audience
  | ((request: AuthorizationRequest<Claims>) => boolean | Promise<boolean>)

/** What of a channel's past is shown, and how long it is kept. */
export interface HistoryPolicy<Claims = unknown> {
  /** Who may ask for a page of it. @default whoever may join */
  readonly read?: PolicyRight<Claims>
  /** Notifications before the head that somebody who joins may begin with; 0 for none. @default as many as asked */
  readonly rewind?: number
  /** Seconds after which a notification of the channel expires at the latest. @default never */
  readonly ttl?: number
}

/**
 * What holds in the channels whose name fits a pattern. Without a word of `join` or `send` everyone may; without one of
 * `history`, whoever may join.
 */
export interface ChannelPolicy<Claims = unknown> {
  readonly join?: PolicyRight<Claims>
  readonly send?: PolicyRight<Claims>
  readonly history?: PolicyRight<Claims> | HistoryPolicy<Claims>
}

/** Policies by pattern: `*` stands for any characters. The first that fits a channel holds, in the order written. */
export type ChannelPolicies<Claims = unknown> = Readonly<Record<string, ChannelPolicy<Claims>>>

const A_RIGHT: Expectation = {
  what: `${AUDIENCES.map((audience) => `'${audience}'`).join(', ')} or a function`,
  fits: isRight,
}
const A_HISTORY: Expectation = {
  what: `${A_RIGHT.what}, or an object`,
  fits: (value) => isRight(value) || AN_OBJECT.fits(value),
}

const POLICY: Readonly<Record<keyof ChannelPolicy, Expectation>> = {
  join: A_RIGHT,
  send: A_RIGHT,
  history: A_HISTORY,
}

const HISTORY: Readonly<Record<keyof HistoryPolicy, Expectation>> = {
  read: A_RIGHT,
  rewind: integerUpTo(LIMITS.historyItems, 0),
  ttl: integerUpTo(LIMITS.ttlSeconds, 1),
}

/** @throws NotificationsError `BAD_OPTION` */
export function resolvePolicies<Claims>(policies: ChannelPolicies<Claims> = {}): readonly Policy[] {
  const resolved: Policy[] = []
  for (const [pattern, policy] of Object.entries(policies)) {
    // What fits the pattern itself, star and all, fits everything that the pattern does.
    const earlier = resolved.find(({ fits }) => fits(pattern))
    if (earlier !== undefined) throw neverHolds(pattern, earlier.pattern)
    resolved.push(resolvePolicy(pattern, policy))
  }
  return resolved
}

function resolvePolicy<Claims>(pattern: string, policy: ChannelPolicy<Claims>): Policy {
  const field = `policies["${pattern}"]`
  if (!AN_OBJECT.fits(policy)) throw badOption(field, AN_OBJECT.what, policy)
  checkOptions(policy, POLICY, field)
  const { join = 'everyone', send = 'everyone' } = policy
  // Who has to be let in does not read it from outside.
  const { history = join } = policy
  if (typeof history !== 'object') {
    return { pattern, fits: patternOf(pattern), join, send, history, rewind: null, ttl: null }
  }
  checkOptions(history, HISTORY, `${field}.history`)
  const { read = join, rewind = null, ttl = null } = history
  return { pattern, fits: patternOf(pattern), join, send, history: read, rewind, ttl }
}

function neverHolds(pattern: string, earlier: string): NotificationsError {
  const message = `"policies["${pattern}"]" can never hold: "${earlier}" before it fits the same channels`
  return new NotificationsError('BAD_OPTION', `attachNotifications: ${message}`)
}

function isRight(value: unknown): boolean {
  return typeof value === 'function' || AUDIENCES.some((audience) => audience === value)
}

function integerUpTo(max: number, min: number): Expectation {
  return {
    what: `an integer from ${min} to ${max}`,
    fits: (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max,
  }
}
