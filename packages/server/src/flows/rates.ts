import { ClientEvent, type Problems } from '@carillon/protocol'
import { type Counted, count, endWindow, type GuardBounds } from '../rules/guard.ts'
import { type Core, later } from './core.ts'
import type { RateQuestion } from './ports.ts'
import { type Reply, sayProblems } from './reply.ts'
import type { Session } from './session.ts'

/*
 * Who asks too often is refused before anything is looked at, and who goes on in spite of that is cut off. What one
 * socket does is counted here; what a user or an address does over all of its sockets, behind the port.
 */

const COUNTED: { readonly [E in ClientEvent]?: Exclude<Counted, 'other'> } = {
  [ClientEvent.JoinChannel]: 'join',
  [ClientEvent.SendNotification]: 'send',
  // Small to ask for, but the hooks are asked about every channel.
  [ClientEvent.RefreshAuth]: 'renewal',
  // `visible` is asked about all of them each time.
  [ClientEvent.GetChannels]: 'list',
}

/** Counts a request of a socket. What is over the bounds is told when to come back. */
export function overRate(core: Core, session: Session, event: ClientEvent): Problems | undefined {
  const { rates } = core.settings
  if (rates === null) return undefined
  awaitEnd(core, rates)
  const verdict = count(core.guard, rates, session, COUNTED[event] ?? 'other', core.clock.now())
  if (verdict.kind === 'served') return undefined
  const problems = tooMany(verdict.retryAfterMs)
  if (verdict.kind === 'abuse') hangUp(core, session, problems)
  return problems
}

/** Whoever is connected and asks for nothing holds nothing, also when nobody else asks for anything. */
function awaitEnd(core: Core, bounds: GuardBounds): void {
  const { guard } = core
  if (guard.isAwaited) return
  guard.isAwaited = true
  later(core, bounds.windowMs, () => {
    guard.isAwaited = false
    if (endWindow(guard, bounds, core.clock.now())) awaitEnd(core, bounds)
  })
}

/** Runs a request if its user and its address have not done too much. */
export function inRate(
  core: Core,
  session: Session,
  event: ClientEvent,
  reply: Pick<Reply<ClientEvent>, 'refuse'>,
  run: () => undefined | Promise<void>,
): undefined | Promise<void> {
  const what = COUNTED[event]
  const question = what === 'send' || what === 'join' ? questionOf(core, session, what) : null
  if (core.rates === null || question === null) return run()
  return core.rates.take(question).then((retryAfterMs) => {
    if (retryAfterMs === 0) return run()
    reply.refuse(tooMany(retryAfterMs))
    return undefined
  })
}

/** Counts a connection. Resolves to whether it may go on. */
export async function mayConnect(core: Core, session: Session): Promise<boolean> {
  const address = core.rates === null ? null : core.wire.addressOf(session.peer)
  if (core.rates === null || address === null) return true
  const retryAfterMs = await core.rates.take({ what: 'connection', scope: core.scope, user: null, address })
  if (retryAfterMs === 0) return true
  hangUp(core, session, tooMany(retryAfterMs))
  return false
}

function questionOf(
  core: Core,
  { identity, peer }: Session,
  what: RateQuestion['what'],
): RateQuestion | null {
  // A name that anybody can claim must not use up somebody else's budget.
  const user = identity.verified ? identity.userId : null
  const address = core.wire.addressOf(peer)
  return user === null && address === null ? null : { what, scope: core.scope, user, address }
}

/** Ends a connection that sends far more than there is time for. */
export function cutOff(core: Core, session: Session): void {
  hangUp(core, session, tooMany(RETRY_AFTER_MS))
}

const RETRY_AFTER_MS = 5_000

function hangUp(core: Core, session: Session, problems: Problems): void {
  if (session.state === 'closed') return
  core.announce.refused({ event: null, problems, socketId: session.peer.id })
  sayProblems(core, session, null, problems)
  core.wire.hangUp(session.peer)
}

function tooMany(retryAfterMs: number): Problems {
  return [{ code: 'too-many-requests', retryAfterMs: Math.ceil(retryAfterMs) }]
}
