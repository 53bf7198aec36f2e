import type { Head, StreamKey } from '@carillon/store'
import { tagOf } from '../rules/streams.ts'
import { createTail, isQuiet, onOpened, type Tail, unpin } from '../rules/tail.ts'
import type { Core } from './core.ts'
import { receivedOf, type Session } from './session.ts'
import { sessionsOf } from './users.ts'

/*
 * Every user has a stream of their own, and almost all of them are silent. A tail and a feed for each would be
 * most of the memory of an idle connection, so a silent one is parked: its sessions keep the position, and the
 * first thing that happens on the stream wakes it. All sessions of a user are parked and woken together, so
 * they always stand at the same place.
 */

/** Parks the tail of a user if nothing goes on there and nothing is left to prove; true when it did. */
export function parkIfSilent(core: Core, tail: Tail): boolean {
  if (tail.stream.kind !== 'user' || !isQuiet(tail, core.clock.now())) return false
  const sessions = sessionsOf(core, tail.stream.name)
  const horizon = core.clock.now() - core.settings.marks.keepMs
  const isSettled = ({ feeds }: Session): boolean =>
    feeds.every(
      (feed) =>
        feed.tail !== tail ||
        (feed.run === null && (receivedOf(feed) === tail.offset || feed.liveSince < horizon)),
    )
  if (!sessions.every(isSettled)) return false
  for (const session of sessions) {
    if (session.feeds.every((feed) => feed.tail !== tail)) continue
    session.feeds = session.feeds.filter((feed) => feed.tail !== tail)
    park(session, tail)
  }
  tail.members = 0
  core.tails.delete(tagOf(tail.stream))
  return true
}

/**
 * Parks somebody who missed nothing on a silent stream right away, and lets go of its opening; true when it did.
 * Only for the first of a user's sessions: the others stand where their tail does.
 */
export function parkNewcomer(core: Core, session: Session, tail: Tail): boolean {
  const isAlone = tail.members === 0 && tail.pins === 1
  if (tail.stream.kind !== 'user' || !isAlone || tail.early !== null || tail.marks !== null) return false
  unpin(tail)
  park(session, tail)
  core.tails.delete(tagOf(tail.stream))
  return true
}

function park(session: Session, { epoch, offset }: Tail): void {
  session.parkedEpoch = epoch
  session.parkedOffset = offset
}

/** Whether the sessions of a user are parked at this very place. */
export function isParkedAt(core: Core, { kind, name }: StreamKey, { epoch, offset }: Head): boolean {
  if (kind !== 'user') return false
  const session = sessionsOf(core, name).find(({ parkedEpoch }) => parkedEpoch !== null)
  return session?.parkedEpoch === epoch && session.parkedOffset === offset
}

/** The tail of a user whose sessions were parked, as it was then. */
export function wake(core: Core, stream: StreamKey): Tail | undefined {
  if (stream.kind !== 'user') return undefined
  const parked = sessionsOf(core, stream.name).filter(({ parkedEpoch }) => parkedEpoch !== null)
  const [first] = parked
  if (first === undefined || first.parkedEpoch === null) return undefined
  const tail = createTail(stream, core.settings.marks, core.gaps)
  onOpened(tail, first.parkedEpoch, first.parkedOffset, core.clock.now())
  core.tails.set(tagOf(stream), tail)
  for (const session of parked) {
    const received = session.parkedOffset
    session.feeds = session.feeds.concat({
      tail,
      received,
      epoch: tail.epoch,
      liveSince: core.clock.now(),
      run: null,
    })
    session.parkedEpoch = null
    tail.members += 1
  }
  return tail
}
