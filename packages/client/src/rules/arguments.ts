import type { HistoryQuery, NotificationInput } from '@carillon/protocol'
import { type ErrorFacts, NotificationsError } from './errors.ts'

/*
 * What a program hands in, looked at before anything happens. Each check gives the error or `null`: some calls
 * throw it, others reject with it.
 */

type Verdict = NotificationsError | null

/** The fields of a notification, by a table that does not compile when the protocol has others. */
const NOTIFICATION_FIELDS = Object.keys({
  channel: true,
  to: true,
  type: true,
  title: true,
  message: true,
  kind: true,
  data: true,
  idempotencyKey: true,
  ttl: true,
  expiresAt: true,
} satisfies Record<keyof NotificationInput, true>)

const CALL_OPTIONS = ['timeoutMs', 'signal']
const JOIN_OPTIONS = [...CALL_OPTIONS, 'rewind']

/** What the handshake says in text; anything else there would make a guest without a word. */
const AUTH_TEXTS = ['user_id', 'username', 'device_id']

const UNSENT = { outcome: 'unsent' } as const

/** What came, for a message. The content of texts is left out: it may be a secret. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

export function notificationProblem(notification: unknown): Verdict {
  // A mistyped `channel` would be a notification to everybody.
  const what =
    objectFault('notification', notification) ?? nameFault('field', notification, NOTIFICATION_FIELDS)
  return verdictOf('sendNotification', what, UNSENT)
}

/** The fields of `history`, likewise. */
const QUERY_FIELDS = Object.keys({
  channel: true,
  stream: true,
  after: true,
  before: true,
  limit: true,
} satisfies Record<'channel' | keyof HistoryQuery, true>)

export function historyProblem(query: unknown): Verdict {
  const what = objectFault('query', query) ?? nameFault('field', query, QUERY_FIELDS)
  return verdictOf('history', what, UNSENT)
}

/** Looks at the options of a call that asks the server. */
export function callOptionsProblem(call: string, options: unknown): Verdict {
  const what =
    objectFault('options', options) ??
    nameFault('option', options, call === 'joinChannel' ? JOIN_OPTIONS : CALL_OPTIONS) ??
    waitFault(options)
  return verdictOf(call, what, UNSENT)
}

/** `Infinity` is fine where a wait may be endless. */
export function numberProblem(call: string, name: string, value: unknown): Verdict {
  return verdictOf(call, numberFault(name, value))
}

/** Looks at where the client keeps what outlives the page. */
export function storageProblem({ storage, outbox }: { storage?: unknown; outbox?: unknown }): Verdict {
  const isStorage = !storage || (isObject(storage) && typeof storage.getItem === 'function')
  const isPlace = outbox === undefined || outbox === 'memory' || outbox === 'storage'
  const what = isStorage
    ? `"outbox" must be 'memory' or 'storage', got ${kindOf(outbox)}`
    : `"storage" must be a storage, got ${kindOf(storage)}`
  return verdictOf('connectNotifications', isStorage && isPlace ? null : what)
}

/** Looks for a URL, or for something that can do what the client asks of a socket. */
export function targetProblem(target: unknown): Verdict {
  if (typeof target === 'string' || isSocket(target)) return null
  const expected = 'the first argument must be a URL or a socket of socket.io-client'
  return verdictOf('connectNotifications', `${expected}, got ${kindOf(target)}`)
}

/**
 * Options that are not ours belong to socket.io-client, which has `timeout`, too. Only what can be nothing but
 * one of ours in another spelling is refused.
 */
export function connectOptionsProblem(options: unknown, own: readonly string[]): Verdict {
  const what = objectFault('options', options) ?? spellingFault(options, own) ?? authFault(options)
  return verdictOf('connectNotifications', what)
}

/** Looks at who the user is said to be, where that is said in a call. */
export function authProblem(call: string, auth: unknown): Verdict {
  const what = auth === undefined ? null : (objectFault('auth', auth) ?? authFault({ auth }))
  return verdictOf(call, what, UNSENT)
}

export function listenerProblem(
  call: string,
  event: unknown,
  listener: unknown,
  events: readonly string[],
): Verdict {
  if (typeof event !== 'string' || !events.includes(event)) {
    const got = typeof event === 'string' ? `"${event}"` : kindOf(event)
    return verdictOf(call, `unknown event ${got}; the events are ${events.join(', ')}`)
  }
  if (typeof listener === 'function') return null
  return verdictOf(call, `the listener of "${event}" must be a function, got ${kindOf(listener)}`)
}

function verdictOf(call: string, what: string | null, facts: ErrorFacts = {}): Verdict {
  return what === null ? null : new NotificationsError('bad-option', `${call}: ${what}`, facts)
}

function objectFault(name: string, value: unknown): string | null {
  return isObject(value) ? null : `"${name}" must be an object, got ${kindOf(value)}`
}

function nameFault(what: string, given: unknown, known: readonly string[]): string | null {
  const stranger = namesOf(given).find((name) => !known.includes(name))
  return stranger === undefined ? null : `unknown ${what} "${stranger}"; the ${what}s are ${known.join(', ')}`
}

function spellingFault(given: unknown, own: readonly string[]): string | null {
  for (const name of namesOf(given)) {
    const meant = own.find((known) => known !== name && plain(known) === plain(name))
    if (meant !== undefined) return `unknown option "${name}"; did you mean "${meant}"?`
  }
  return null
}

function numberFault(name: string, value: unknown): string | null {
  if (value === undefined || (typeof value === 'number' && value > 0)) return null
  const got = typeof value === 'number' ? String(value) : kindOf(value)
  return `"${name}" must be a positive number, got ${got}`
}

function waitFault(options: unknown): string | null {
  const { timeoutMs, signal } = isObject(options) ? options : {}
  const isSignal = signal === undefined || (isObject(signal) && typeof signal.addEventListener === 'function')
  const fault = numberFault('timeoutMs', timeoutMs)
  return fault ?? (isSignal ? null : `"signal" must be an AbortSignal, got ${kindOf(signal)}`)
}

function authFault(options: unknown): string | null {
  const { auth } = isObject(options) ? options : {}
  if (auth === undefined || typeof auth === 'function') return null
  if (!isObject(auth)) return `"auth" must be an object or a function, got ${kindOf(auth)}`
  for (const name of AUTH_TEXTS) {
    const value = auth[name]
    // `null` stands for an absent field, as everywhere in the protocol.
    if (value === undefined || value === null || typeof value === 'string') continue
    return `"auth.${name}" must be a string, got ${kindOf(value)}`
  }
  return null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function namesOf(value: unknown): string[] {
  return isObject(value) ? Object.keys(value) : []
}

function isSocket(value: unknown): boolean {
  if (!isObject(value) || !isObject(value.io)) return false
  return [value.on, value.emit, value.connect, value.io.on].every((member) => typeof member === 'function')
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '')
}
