import type { Claims } from '@carillon/protocol'
import type { Claimed } from '../rules/position.ts'
import { broadcastKey, userKey } from '../rules/streams.ts'
import { drop } from './catch-up.ts'
import type { Core } from './core.ts'
import { type Opening, openFeed } from './feeds.ts'
import type { Session } from './session.ts'

/** Broadcasts and the user's own stream: nobody joins these two, so the connection does. */
export async function openOwnStreams(
  core: Core,
  session: Session,
  since: Claims['since'],
): Promise<readonly Opening[]> {
  const broadcasts = openBroadcasts(core, session, since.b)
  const { userId } = session.identity
  if (userId === null) return [await broadcasts]
  const own = openFeed(core, session, userKey(core.scope, userId), {
    since: since.u,
    newcomer: 'base',
    rewind: null,
  })
  // It may fail while the other is waited for.
  own.catch(() => undefined)
  try {
    return [await broadcasts, await own]
  } catch (cause) {
    for (const opening of [broadcasts, own]) {
      opening.then(
        ({ tail }) => drop(core, tail),
        () => undefined,
      )
    }
    throw cause
  }
}

/** Whoever is new here gets what comes; whoever returns gets the last of what was missed. */
async function openBroadcasts(core: Core, session: Session, since: Claimed | null): Promise<Opening> {
  const beginning = { since, newcomer: 'head', rewind: null } as const
  const opened = await openFeed(core, session, broadcastKey(core.scope), beginning)
  const { tail, start } = opened
  // Bounded: whoever comes back after a year wants the last ones.
  const oldest = tail.offset - core.settings.missedBroadcasts
  if (start.recovered === undefined || start.after >= oldest) return opened
  drop(core, tail)
  const last = { ...beginning, since: { epoch: tail.epoch, offset: oldest } }
  const cut = await openFeed(core, session, tail.stream, last)
  return { ...cut, start: { after: cut.start.after, recovered: false, reason: start.reason ?? 'trimmed' } }
}
