import { type JsonObject, type Problems, parseHandshake, type Request } from '@carillon/protocol'
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
  let problems: Problems | undefined = OTHER_USER
  try {
    problems = await renew(core, session, auth)
  } finally {
    endRenewal(core, session, problems === undefined)
  }
  if (problems === undefined) reply.ok({ userId: session.identity.userId, ...expiryFact(core, session) })
  else reply.refuse(problems)
}

async function renew(core: Core, session: Session, auth: JsonObject): Promise<Problems | undefined> {
  const identified = await identifiedAnew(core, session, auth)
  if (!identified.ok) return identified.problems
  const { identity, expiresAt } = identified
  if (identity.userId !== session.identity.userId) return OTHER_USER
  // Other claims may be other rights.
  const problems = await checkMemberships(core, session, identity)
  if (problems !== undefined || session.state === 'closed') return problems
  session.identity = identity
  // What is under way was allowed to who it was before.
  recallJoins(session)
  setExpiry(core, session, expiresAt)
  return undefined
}

async function identifiedAnew(core: Core, session: Session, auth: JsonObject): Promise<Identified> {
  return core.hooks.authenticate === undefined ? claimed(parseHandshake(auth)) : identify(core, session, auth)
}
