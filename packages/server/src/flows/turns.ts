import type { Core } from './core.ts'
import type { Session } from './session.ts'

/**
 * What is large goes to a socket one by one, each read when the one before has left. Otherwise whoever is behind on
 * many streams, or asks for many pages and takes none, would have them all in the memory of this process. [G7]
 */
export function inTurn<T>(core: Core, session: Session, task: () => Promise<T>): Promise<T> {
  const turn = afterOthers(core, session, task)
  const over = turn.then(
    () => undefined,
    () => undefined,
  )
  core.turns.set(session, over)
  void over.then(() => {
    if (core.turns.get(session) === over) core.turns.delete(session)
  })
  return turn
}

async function afterOthers<T>(core: Core, session: Session, task: () => Promise<T>): Promise<T> {
  await core.turns.get(session)
  await core.wire.drained(session.peer)
  return task()
}
