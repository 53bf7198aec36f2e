import type { Core } from './core.ts'
import { setExpiry } from './expiry.ts'
import { identify } from './identify.ts'
import type { Session } from './session.ts'
import { turnAway } from './turn-away.ts'

/** Asks once more whom a connection belongs to: the host may have let it in just before it said no. [G8] */
export async function recheck(core: Core, session: Session): Promise<void> {
  if (core.hooks.authenticate === undefined) return
  const identified = await identify(core, session)
  if (session.state === 'closed' || core.isClosing) return
  if (!identified.ok) turnAway(core, session, identified.problems)
  else if (identified.identity.userId !== session.identity.userId)
    turnAway(core, session, [{ code: 'unauthenticated', reason: 'other-user' }])
  else {
    session.identity = identified.identity
    setExpiry(core, session, identified.expiresAt)
  }
}
