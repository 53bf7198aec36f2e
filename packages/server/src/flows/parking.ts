import type { StreamKey } from '@carillon/store'
import { tagOf } from '../rules/streams.ts'
import { createTail, isQuiet, onOpened, type Tail } from '../rules/tail.ts'
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
    session.parkedEpoch = tail.epoch
    session.parkedOffset = tail.offset
  }
  tail.members = 0
  core.tails.delete(tagOf(tail.stream))
  return true
}

/** The tail of a user whose sessions were parked, as it was then. */
export function wake(core: Core, stream: StreamKey): Tail | undefined {
  if (stream.kind !== 'user') return undefined
  const parked = sessionsOf(core, stream.name).filter(({ parkedEpoch }) => parkedEpoch !== null)
  const [first] = parked
  if (first === undefined || first.parkedEpoch === null) return undefined
  const tail = createTail(stream, core.settings.marks)
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
