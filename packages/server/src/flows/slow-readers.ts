import type { Problems } from '@carillon/protocol'
import { type Backlog, onLook } from '../rules/backlog.ts'
import { fallBehind } from './catch-up.ts'
import type { Core } from './core.ts'
import { sayProblems } from './reply.ts'
import type { Session } from './session.ts'

/*
 * Socket.IO keeps without bound what a client does not take. Nothing is counted when something is emitted, for that
 * would be work for each recipient: as long as anybody is connected, somebody looks now and then.
 */

/** Called when somebody connects; ends by itself when nobody is left. */
export function watchReaders(core: Core): void {
  if (core.cancelLook !== null || core.isClosing) return
  core.cancelLook = core.clock.after(core.settings.lookMs, () => {
    core.cancelLook = null
    if (look(core) > 0) watchReaders(core)
  })
}

/** How many are connected. */
function look(core: Core): number {
  let count = 0
  for (const session of core.sessions()) {
    lookAt(core, session)
    count += 1
  }
  return count
}

function lookAt(core: Core, session: Session): void {
  const before = core.strains.get(session)
  const strain = onLook(before, core.wire.backlog(session.peer), core.settings.buffer)
  if (strain === undefined) {
    if (before !== undefined) core.strains.delete(session)
    return
  }
  core.strains.set(session, strain)
  if (strain.state === 'lost') cut(core, session, strain.seen)
  if (strain.state !== 'lagging') return
  if (before?.state !== 'lagging') tell(core, session, strain.seen)
  // What was silent at the last look may be live by now.
  for (const feed of session.feeds) if (feed.run === null) fallBehind(core, session, feed)
}

function tell(core: Core, session: Session, { frames, bytes }: Backlog): void {
  const { peer, identity, version, state } = session
  core.announce.lagging({ socketId: peer.id, userId: identity.userId, frames, bytes })
  // A stock client would take an error-message for the answer to a request.
  if (version === 2 && state === 'ready') sayProblems(core, session, null, problemsOf({ frames, bytes }))
}

function cut(core: Core, session: Session, seen: Backlog): void {
  core.announce.refused({ event: null, problems: problemsOf(seen), socketId: session.peer.id })
  core.wire.cut(session.peer)
}

function problemsOf({ frames, bytes }: Pick<Backlog, 'frames' | 'bytes'>): Problems {
  return [{ code: 'lagging', frames, bytes }]
}
