import type { RecoveryFailure } from '@carillon/protocol'
import type { CursorMove, Page } from '@carillon/store'
import { isPutBack } from '../rules/loss.ts'
import { stitch } from '../rules/seam.ts'
import { onLost, onReady, pin, type Tail } from '../rules/tail.ts'
import { deliver } from './catch-up.ts'
import { type Core, reportFault } from './core.ts'
import { emitItems } from './emission.ts'
import { sayLost } from './losses.ts'
import { suspect } from './reading.ts'
import { type Feed, noteLoss, receivedOf, type Session, subscriberOf } from './session.ts'

/**
 * The log of a stream was lost: everybody who is live on it is told so, and goes on from where what they had is
 * still true. Whoever is still catching up finds out by themselves.
 *
 * @param page what the log has behind `from`
 */
export function restart(core: Core, tail: Tail, page: Page, reason: RecoveryFailure, since: number): void {
  const from = Math.max(since, oldestOf(core, tail, page))
  onLost(tail, page, { reason, from, at: core.clock.now() })
  // Something may have come since the page was read, and was taken for something that is gone.
  suspect(core, tail)
  const { live, behind } = readersOf(core, tail)
  for (const { feed } of behind) forgetSent(feed, reason, from)
  for (const { session, feed } of live) {
    sayLost(core, session, tail, { reason, from })
    noteLoss(feed, from)
    pin(tail)
  }
  keepPlaces(core, tail, [...live, ...behind], from)
  // One page serves all. Whoever needs more reads it at their own pace, outside the room.
  const next = stitch(tail, from, page)
  for (const { session, feed } of live) {
    if (next.kind === 'page' && tail.room !== null) core.wire.leave(session.peer, tail.room)
    deliver(core, session, feed, next)
  }
  emitItems(core, tail, onReady(tail, core.clock.now()))
  // What the host said into the log as it is now was not heard yet.
  for (const item of next.controls) core.obey(tail.stream.name, item)
}

/** Cursors may be lost with the log: whoever is on the stream has one there, or would come back as a newcomer. [G2] */
function keepPlaces(core: Core, { stream, epoch }: Tail, readers: readonly Reader[], from: number): void {
  const moves = readers.flatMap(({ session, feed }): CursorMove[] => {
    const subscriber = subscriberOf(session)
    if (subscriber === null) return []
    return [{ subscriber, stream, to: { epoch, offset: Math.min(receivedOf(feed), from) } }]
  })
  if (moves.length === 0) return
  core.cursors.save(moves).catch((cause) => {
    reportFault(core, 'STORE_FAILED', 'Cursors on a new log could not be saved', cause)
  })
}

/** Of broadcasts nobody gets more at once than somebody who comes back. */
function oldestOf(core: Core, { stream }: Tail, { head }: Page): number {
  return stream.kind === 'broadcast' ? head - core.settings.missedBroadcasts : 0
}

/** What a page of the lost part proves is no place in the log as it is now. */
function forgetSent({ run }: Feed, reason: RecoveryFailure, from: number): void {
  const kept = isPutBack(reason) ? (run?.sent ?? []).filter(({ offset }) => offset <= from) : []
  if (reason !== 'trimmed') run?.sent.splice(0, run.sent.length, ...kept)
}

interface Reader {
  readonly session: Session
  readonly feed: Feed
}

function readersOf(core: Core, tail: Tail): { readonly live: Reader[]; readonly behind: Reader[] } {
  const [live, behind]: [Reader[], Reader[]] = [[], []]
  for (const session of core.sessions()) {
    const feed = session.feeds.find((one) => one.tail === tail)
    if (feed !== undefined) (feed.run === null ? live : behind).push({ session, feed })
  }
  return { live, behind }
}
