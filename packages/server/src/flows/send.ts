import {
  type JsonObject,
  measuredSize,
  type NotificationDraft,
  type NotificationSent,
  type Problem,
  type Request,
} from '@carillon/protocol'
import type { AppendOutcome, Item, NewEntry, StreamKey, Written } from '@carillon/store'
import { lossesOf } from '../rules/loss.ts'
import { sentPayload } from '../rules/payloads.ts'
import { broadcastKey, channelKey, tagOf, userKey } from '../rules/streams.ts'
import type { Tail } from '../rules/tail.ts'
import { NOT_KEPT_UP } from './appender.ts'
import { type Core, reportFault } from './core.ts'
import { checkKind, hasSchema } from './kinds.ts'
import type { Reply } from './reply.ts'
import { authorize, isRefusal, isUnguarded, policyFor, validate } from './rights.ts'
import type { Session } from './session.ts'
import { lookAgain, type Novelty, signal } from './tails.ts'

type SendReply = Reply<'send-notification'>

/**
 * PROTOCOL.md, "send-notification": checked, appended, signalled, confirmed, in this order. [G6] The lane goes
 * on once the entry is submitted: entries keep their order without waiting for each other's commit.
 */
export function send(
  core: Core,
  session: Session,
  { notification }: Request<'send-notification'>,
  reply: SendReply,
): undefined | Promise<void> {
  if (isUnguarded(core) && core.hooks.validate === undefined && !hasSchema(core, notification)) {
    submit(core, session, { asked: notification, data: notification.data }, reply)
    return undefined
  }
  return checked(core, session, notification, reply)
}

async function checked(
  core: Core,
  session: Session,
  notification: NotificationDraft,
  reply: SendReply,
): Promise<void> {
  const user = session.identity
  const { channel, type, title, message, kind } = notification
  const to = notification.to?.user ?? null
  const verdict = await checkKind(core, session, notification)
  if (!verdict.ok) {
    reply.refuse(verdict.problems)
    return
  }
  const { data } = verdict
  const invalid = await validate(core, session, { user, channel, to, type, title, message, kind, data })
  if (isRefusal(invalid)) {
    reply.refuse(invalid)
    return
  }
  const action = channel === null && to === null ? 'broadcast' : 'send'
  const denied = await authorize(core, session, { action, channel, to, kind })
  if (isRefusal(denied)) reply.refuse(denied)
  else submit(core, session, { asked: notification, data }, reply)
}

/** A notification that may be stored. */
export interface Approved {
  /** What the sender asked for, and would ask for again under the same key. */
  readonly asked: NotificationDraft
  /** The data as the schema of the kind made them. */
  readonly data: JsonObject | null
}

function submit(core: Core, session: Session, approved: Approved, reply: SendReply): void {
  if (core.isClosing) {
    reply.refuse([{ code: 'closing', retryAfterMs: 0 }])
    return
  }
  const { userId, username } = session.identity
  const sender = username ?? userId ?? core.settings.catalogue.anonymous
  append(core, approved, sender, keyScopeOf(session), (result) => {
    if (!result.ok) {
      reply.refuse([result.problem])
      return
    }
    reply.ok(result.sent)
    const { stream, notificationId, offset } = result.sent
    core.announce.sent({ stream, notificationId, offset, userId })
  })
}

export type SendResult = { readonly ok: true; readonly sent: NotificationSent } | SendFailure

export interface SendFailure {
  readonly ok: false
  readonly problem: Problem
  readonly cause?: unknown
}

/** The way of every notification, the host's own among them. */
export function append(
  core: Core,
  approved: Approved,
  sender: string,
  keyScope: string,
  done: (result: SendResult) => void,
): void {
  const stream = targetOf(core, approved.asked)
  if (ttlMsOf(core, approved.asked) <= 0) {
    done({ ok: false, problem: { code: 'already-expired', field: 'expiresAt' } })
    return
  }
  appendEntry(core, entryOf(core, stream, approved, sender, keyScope), done)
}

/** Appends, signals, and tells what became of it: also of an entry that is for the server. */
export function appendEntry(core: Core, entry: NewEntry, done: (result: SendResult) => void): void {
  const { stream } = entry
  const stood = standingOf(core, stream)
  core.appender.submit(entry, (outcome) => {
    try {
      done(resultOf(core, stream, entry, outcome, stood))
    } catch (cause) {
      reportFault(core, 'CONFIRM_FAILED', 'A notification is in the log, but could not be confirmed', cause)
    }
  })
}

/** Where a stream stood before an append: a new item can only come above it. */
interface Standing {
  readonly tail: Tail
  readonly epoch: string
  readonly offset: number
  /** A loss that was noticed since explains whatever does not fit. */
  readonly losses: number
}

function standingOf(core: Core, stream: StreamKey): Standing | null {
  const tail = core.tails.get(tagOf(stream))
  if (tail?.state !== 'open') return null
  return { tail, epoch: tail.epoch, offset: tail.offset, losses: lossesOf(tail) }
}

function resultOf(
  core: Core,
  stream: StreamKey,
  entry: NewEntry,
  outcome: AppendOutcome,
  stood: Standing | null,
): SendResult {
  switch (outcome.outcome) {
    case 'written':
      // A duplicate is signalled too: that heals a crash between append and signal. [G2]
      announce(core, stream, noveltyOf(outcome, stood), outcome.epoch, itemOf(entry, outcome))
      return { ok: true, sent: sentPayload(stream, outcome) }
    case 'conflict':
      return { ok: false, problem: { code: 'idempotency-conflict', field: 'idempotencyKey' } }
    case 'refused':
    case 'unknown': {
      const { outcome: kind, cause } = outcome
      // Refused, too: a store that was away may come back with another log.
      if (cause !== NOT_KEPT_UP) lookAgain(core, stream)
      reportFault(core, 'STORE_FAILED', `A notification could not be appended (outcome: ${kind})`, cause)
      return { ok: false, problem: { code: 'store-unavailable', outcome: kind }, cause }
    }
  }
}

function noveltyOf({ duplicate, epoch, offset }: Written, stood: Standing | null): Novelty {
  if (duplicate) return 'old'
  if (stood === null || lossesOf(stood.tail) !== stood.losses) return 'new'
  return stood.epoch === epoch && offset <= stood.offset ? 'proof' : 'new'
}

function announce(core: Core, stream: StreamKey, is: Novelty, epoch: string, item: Item): void {
  signal(core, stream, epoch, item, is)
  core.neighbours.tell({ stream, epoch, head: item.offset, item })
}

function itemOf(entry: NewEntry, written: Extract<AppendOutcome, { outcome: 'written' }>): Item {
  const { id, offset, timestamp, expiresAt } = written
  return { id, offset, timestamp, expiresAt, content: entry.content }
}

function entryOf(
  core: Core,
  stream: StreamKey,
  { asked, data }: Approved,
  sender: string,
  keyScope: string,
): NewEntry {
  const { type, title, message, kind, idempotencyKey } = asked
  const ttlMs = ttlMsOf(core, asked)
  const id = core.newId(core.clock.time())
  const said = { type, title, message, data, sender }
  return {
    stream,
    id,
    content: kind === null ? said : { ...said, kind },
    bytes: title.length + message.length + sender.length + (data === null ? 0 : measuredSize(data)),
    ttlMs: Number.isFinite(ttlMs) ? ttlMs : null,
    sender: keyScope,
    key: idempotencyKey ?? id,
    hash: idempotencyKey === null ? '' : fingerprintOf(core, asked),
  }
}

/** Of what was asked for: what a schema makes of it may be another time or id with each attempt. */
function fingerprintOf(core: Core, asked: NotificationDraft): string {
  const { type, title, message, kind, data, ttl, expiresAt } = asked
  const facts = [type, title, message, data, ttl, expiresAt]
  // Without a kind it is what it was before there were kinds: keys outlive an update of the server.
  return core.fingerprint(JSON.stringify(kind === null ? facts : [...facts, kind]))
}

/** How long the notification is of use; `Infinity` for always. */
function ttlMsOf(core: Core, { channel, ttl, expiresAt }: NotificationDraft): number {
  const most = channel === null ? null : (policyFor(core, channel)?.ttl ?? null)
  const longest = most === null ? Number.POSITIVE_INFINITY : most * 1000
  if (ttl !== null) return Math.min(longest, ttl * 1000)
  return expiresAt === null ? longest : Math.min(longest, Date.parse(expiresAt) - core.clock.time())
}

export function targetOf(core: Core, { channel, to }: NotificationDraft): StreamKey {
  if (to !== null) return userKey(core.scope, to.user)
  return channel === null ? broadcastKey(core.scope) : channelKey(core.scope, channel)
}

/** Keys of the host never meet those of a user (`u:`), a guest (`g:`) or a socket (`s:`). */
export const HOST_KEYS = 'host'

/** Whose keys these are. A name that anybody can claim protects nobody's key. */
function keyScopeOf(session: Session): string {
  const { userId, verified } = session.identity
  if (verified && userId !== null) return `u:${userId}`
  return session.clientId === null ? `s:${session.peer.id}` : `g:${session.clientId}`
}
