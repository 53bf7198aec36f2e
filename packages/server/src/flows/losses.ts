import { ServerEvent } from '@carillon/protocol'
import { wireNameOf } from '../rules/streams.ts'
import type { Loss, Tail } from '../rules/tail.ts'
import type { Core } from './core.ts'
import { sayProblems } from './reply.ts'
import type { Session } from './session.ts'

/** Tells somebody who is on a stream that part of it is gone, before anything else of it. [G5] */
export function sayLost(
  core: Core,
  session: Session,
  { stream, epoch }: Tail,
  { reason, from }: Pick<Loss, 'reason' | 'from'>,
): void {
  const name = wireNameOf(stream)
  if (session.version === 1)
    sayProblems(core, session, null, [{ code: 'history-lost', stream: name, reason }])
  else core.wire.emit(session.peer, ServerEvent.StreamReset, { stream: name, epoch, offset: from, reason })
}
