import type { Core } from './core.ts'
import type { Session } from './session.ts'

/** A user's connections here. Most have one: it stands alone, without a list around it. */
export type UserSessions = Session | readonly Session[]

const NONE: readonly Session[] = []

export function sessionsOf(core: Core, user: string): readonly Session[] {
  const known = core.users.get(user)
  if (known === undefined) return NONE
  return isList(known) ? known : [known]
}

export function rememberUser(core: Core, session: Session): void {
  const { userId } = session.identity
  if (userId === null) return
  const others = sessionsOf(core, userId)
  core.users.set(userId, others.length === 0 ? session : others.concat(session))
}

export function forgetUser(core: Core, session: Session): void {
  const { userId } = session.identity
  if (userId === null) return
  const others = sessionsOf(core, userId).filter((other) => other !== session)
  const [first] = others
  if (first === undefined) core.users.delete(userId)
  else core.users.set(userId, others.length === 1 ? first : others)
}

function isList(sessions: UserSessions): sessions is readonly Session[] {
  return Array.isArray(sessions)
}
