import { type Claims, type Problems, parseHandshake, type Request } from '@carillon/protocol'
import type { Core } from './core.ts'
import { beginRenewal, endRenewal, expiryFact, setExpiry } from './expiry.ts'
import { claimed, type Identified, identify } from './identify.ts'
import { checkMemberships, recallJoins } from './memberships.ts'
import type { Reply } from './reply.ts'
import type { Session } from './session.ts'

const OTHER_USER: Problems = [{ code: 'unauthenticated', reason: 'other-user' }]

type RefreshReply = Reply<'refresh-auth'>

/**
 * PROTOCOL.md, "refresh-auth": the same user with a new proof, on the connection that stands. Whatever refuses
 * leaves everything as it was, the end of the old proof included.
 */
export async function refreshAuth(
  core: Core,
  session: Session,
  { auth }: Request<'refresh-auth'>,
  reply: RefreshReply,
): Promise<void> {
  beginRenewal(core, session)
  const restore = core.wire.setAuth(session.peer, auth)
  const identified = await identifiedAnew(core, session, parseHandshake(auth))
  const isRenewed = identified.ok && identified.identity.userId === session.identity.userId
  if (!isRenewed) restore()
  if (session.state !== 'closed' && isRenewed) {
    session.identity = identified.identity
    // What is under way was allowed to who it was before.
    recallJoins(session)
    setExpiry(core, session, identified.expiresAt)
  }
  endRenewal(core, session, isRenewed)
  if (!identified.ok) reply.refuse(identified.problems)
  else if (!isRenewed) reply.refuse(OTHER_USER)
  else {
    // Other claims may be other rights.
    await checkMemberships(core, session)
    reply.ok({ userId: session.identity.userId, ...expiryFact(core, session) })
  }
}

async function identifiedAnew(core: Core, session: Session, claims: Claims): Promise<Identified> {
  return core.hooks.authenticate === undefined ? claimed(claims) : identify(core, session)
}
