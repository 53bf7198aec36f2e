import { ClientEvent, ServerEvent } from '@carillon/protocol'
import { CHANNEL } from '../work.ts'
import type { Connection } from './connection.ts'
import type { Expectation, Verifier } from './verify.ts'

/**
 * Who comes back: a client of Socket.IO's connection state recovery; a client of Carillon that knows nothing of it;
 * or one that keeps its position itself (version 2).
 */
export type ReturnKind = 'recovery' | 'stock' | 'v2'

/** Numbers of the notifications that somebody missed. */
export interface Missed {
  readonly from: number
  readonly count: number
}

interface Place {
  readonly epoch: string
  readonly offset: number
}

/**
 * What a client keeps between two visits. It is written on the first one only: who always says the same comes back
 * to the same notifications, and the log does not grow from round to round.
 */
export interface Visitor {
  pid?: string
  mark?: string
  since?: Place
  /** Broadcasts and the user's own stream. */
  own?: Readonly<Record<string, Place>>
}

/** One visit under way, and what is seen on it. */
export interface Visit {
  readonly kind: ReturnKind
  readonly user: string
  readonly visitor: Visitor
  /** `null` on the first visit. */
  readonly missed: Missed | null
  readonly verifier: Verifier
  readonly expectation: Expectation & { bytes: number }
  isIn: boolean
  /** Frames in which notifications came. */
  frames: number
}

export function startVisit(given: Pick<Visit, 'kind' | 'user' | 'visitor' | 'missed' | 'verifier'>): Visit {
  const expectation = { next: given.missed?.from ?? 0, lastOffset: 0, bytes: 0 }
  return { ...given, expectation, isIn: false, frames: 0 }
}

export function isComplete({ isIn, missed, expectation }: Visit): boolean {
  return isIn && (missed === null || expectation.next >= missed.from + missed.count)
}

export function authOf({ kind, user, visitor, missed }: Visit): object {
  const identity = { user_id: user, username: `Alice ${user}` }
  if (kind === 'stock') return identity
  if (kind === 'v2') return { ...identity, notifications: { version: 2, clientId: user, since: visitor.own } }
  return missed === null ? identity : { ...identity, pid: visitor.pid, offset: visitor.mark }
}

/** The namespace answered with `answer`. `onChange` is called when the server has answered in turn. */
export function enter(
  visit: Visit,
  connection: Pick<Connection, 'emit' | 'ask'>,
  answer: unknown,
  onChange: () => void,
): void {
  const { kind, visitor, missed } = visit
  const onAnswer = (joined: unknown): void => {
    onJoined(visit, joined)
    onChange()
  }
  if (kind === 'stock') connection.emit(ClientEvent.JoinChannel, CHANNEL)
  else if (kind === 'v2') {
    const { since } = visitor
    connection.ask(ClientEvent.JoinChannel, since === undefined ? [CHANNEL] : [CHANNEL, { since }], onAnswer)
  } else if (missed === null) {
    visitor.pid = pidOf(answer)
    connection.ask(ClientEvent.JoinChannel, [CHANNEL], onAnswer)
  } else {
    // This is how a client of Socket.IO knows that it was recovered. The rooms are the server's to restore.
    if (pidOf(answer) !== visitor.pid) complain(visit, `was not recovered: ${JSON.stringify(answer)}`)
    visit.isIn = true
  }
}

export function onEvent(visit: Visit, event: string, payload: unknown, mark: unknown): void {
  if (event === ServerEvent.NotificationReceived) onNotification(visit, payload, mark)
  else if (event === ServerEvent.NotificationsBatch) onBatch(visit, payload)
  else if (event === ServerEvent.ChannelJoined) onJoined(visit, payload)
  else if (event === ServerEvent.ConnectionConfirmed) onGreeting(visit, payload)
  else if (event !== ServerEvent.ServerStats) complain(visit, `${event} ${JSON.stringify(payload)}`)
}

function onGreeting(visit: Visit, payload: unknown): void {
  const { pendingCount, streams } = payload as { pendingCount?: unknown; streams: Record<string, Place> }
  if (pendingCount !== 0) complain(visit, `greeted with ${JSON.stringify(payload)}`)
  if (visit.missed === null) visit.visitor.own = streams
}

function onJoined(visit: Visit, payload: unknown): void {
  const { visitor, missed } = visit
  const joined = payload as { channel?: unknown; pendingCount?: unknown; recovered?: unknown } & Place
  // Recovery has no answer on a return, and on the first visit nobody has missed anything.
  const isRight = joined.channel === CHANNEL && joined.pendingCount === (missed?.count ?? 0)
  if (!isRight || (missed !== null && joined.recovered !== true))
    complain(visit, `joined with ${JSON.stringify(joined)}`)
  if (missed === null) visitor.since = { epoch: joined.epoch, offset: joined.offset }
  visit.isIn = true
}

function onNotification(visit: Visit, payload: unknown, mark: unknown): void {
  const { kind, visitor, missed, verifier, expectation } = visit
  visit.frames += 1
  if (kind !== 'recovery') checkReplayed(visit, payload)
  else if (typeof mark !== 'string') complain(visit, 'a notification that nobody can come back to')
  else if (missed === null) visitor.mark = mark
  verifier.check(expectation, payload)
}

/** What its items share is said once. */
function onBatch(visit: Visit, payload: unknown): void {
  const { kind, visitor, verifier, expectation } = visit
  visit.frames += 1
  const batch = payload as { stream: string; epoch: string; upTo: number; items: readonly object[] }
  if (kind !== 'v2') complain(visit, 'a batch, which it cannot know')
  if (batch.stream !== `c:${CHANNEL}` || batch.epoch !== visitor.since?.epoch)
    complain(visit, `a batch of ${batch.stream} in ${batch.epoch}`)
  checkReplayed(visit, payload)
  for (const item of batch.items) verifier.check(expectation, { ...item, channel: CHANNEL })
  if (expectation.lastOffset > batch.upTo) complain(visit, `a batch up to ${batch.upTo} with an item above`)
}

/** What was missed follows the answer to the join, and says what it is. */
function checkReplayed(visit: Visit, payload: unknown): void {
  const { replayed } = payload as { replayed?: unknown }
  if (!visit.isIn) complain(visit, 'a notification before the join was answered')
  if (visit.missed !== null && replayed !== true)
    complain(visit, 'a missed notification that does not say so')
}

function complain({ user, verifier }: Visit, problem: string): void {
  verifier.complain(`${user}: ${problem}`)
}

function pidOf(answer: unknown): string {
  return String((answer as { pid?: unknown }).pid)
}
