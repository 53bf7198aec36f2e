import type { Problems } from '@carillon/protocol'
import type { Core } from './core.ts'
import { sayProblems } from './reply.ts'
import type { Session } from './session.ts'

/** Last words, then the end of the connection. */
export function turnAway(core: Core, session: Session, problems: Problems): void {
  if (session.state === 'closed') return
  core.announce.refused({ event: null, problems, socketId: session.peer.id })
  sayProblems(core, session, null, problems)
  core.wire.dismiss(session.peer)
}
