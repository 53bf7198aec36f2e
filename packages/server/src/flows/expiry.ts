import type { Problems } from '@carillon/protocol'
import {
  clearDeadline,
  createDeadlines,
  type Deadlines,
  nextDeadline,
  setDeadline,
  takeEnded,
} from '../rules/deadlines.ts'
import type { Core } from './core.ts'
import type { Session } from './session.ts'
import { turnAway } from './turn-away.ts'

/** Whose identity is good for a time only. Kept here and not with the session: most have no end that is known. */
export interface Expiries {
  readonly deadlines: Deadlines<Session>
  /** Whoever is renewing, and whether the old proof has ended meanwhile. */
  readonly renewing: Map<Session, { isOverdue: boolean }>
  timer: { readonly at: number; readonly cancel: () => void } | null
}

export function createExpiries(): Expiries {
  return { deadlines: createDeadlines(), renewing: new Map(), timer: null }
}

const EXPIRED: Problems = [{ code: 'token-expired' }]

/**
 * The host's clock says when; ours, which never jumps, says how long that is from now.
 *
 * @param expiresAt milliseconds since 1970; `null` for never
 */
export function setExpiry(core: Core, session: Session, expiresAt: number | null): void {
  const end = expiresAt === null ? null : core.clock.now() + (expiresAt - core.clock.time())
  const at = setDeadline(core.expiries.deadlines, session, end)
  const { timer } = core.expiries
  // To look for the next end is to go through all of them: only where this one may be it.
  if (at !== null && (timer === null || at < timer.at)) wakeInTime(core)
}

export function forgetExpiry({ expiries }: Core, session: Session): void {
  clearDeadline(expiries.deadlines, session)
  expiries.renewing.delete(session)
}

/** What a client is told of it; nothing where nothing expires. */
export function expiryFact({ expiries, clock }: Core, session: Session): { authExpiresInMs?: number } {
  const end = expiries.deadlines.ends.get(session)
  return end === undefined ? {} : { authExpiresInMs: Math.max(0, Math.round(end - clock.now())) }
}

/** A renewal that has begun in time is waited for. */
export function beginRenewal({ expiries }: Core, session: Session): void {
  expiries.renewing.set(session, { isOverdue: false })
}

export function endRenewal(core: Core, session: Session, isRenewed: boolean): void {
  const renewal = core.expiries.renewing.get(session)
  core.expiries.renewing.delete(session)
  if (renewal?.isOverdue === true && !isRenewed && !core.isClosing) turnAway(core, session, EXPIRED)
}

function wakeInTime(core: Core): void {
  const { expiries } = core
  const at = nextDeadline(expiries.deadlines)
  if (expiries.timer?.at === at) return
  expiries.timer?.cancel()
  expiries.timer = null
  if (at === null || core.isClosing) return
  const cancel = core.clock.after(Math.max(0, at - core.clock.now()), () => {
    expiries.timer = null
    for (const session of takeEnded(expiries.deadlines, core.clock.now())) onEnd(core, session)
    wakeInTime(core)
  })
  expiries.timer = { at, cancel }
}

/** Nothing more is served on a right that is over. [G8] */
function onEnd(core: Core, session: Session): void {
  const renewal = core.expiries.renewing.get(session)
  if (renewal === undefined) turnAway(core, session, EXPIRED)
  else renewal.isOverdue = true
}
