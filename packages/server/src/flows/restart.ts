import type { RecoveryFailure } from '@carillon/protocol'
import type { Page } from '@carillon/store'
import { stitch } from '../rules/seam.ts'
import { onLost, onReady, pin, type Tail } from '../rules/tail.ts'
import type { Core } from './core.ts'
import { emitItems } from './emission.ts'
import { deliver } from './feeds.ts'
import { sayLost } from './losses.ts'
import { suspect } from './reading.ts'
import { type Feed, noteLoss, type Session } from './session.ts'

/**
 * The log of a stream was lost: everybody who is live on it is told so, and goes on from where what they had is
 * still true. Whoever is still catching up finds out by themselves.
 *
 * @param page what the log has behind `from`
 */
export function restart(core: Core, tail: Tail, page: Page, reason: RecoveryFailure, from: number): void {
  onLost(tail, page, reason, from)
  const live = liveOn(core, tail)
  for (const { session, feed } of live) {
    sayLost(core, session, tail, { reason, from })
    noteLoss(feed, from)
    pin(tail)
  }
  // One page serves all. Whoever needs more reads it at their own pace, outside the room.
  const next = stitch(tail, from, page)
  for (const { session, feed } of live) {
    if (next.kind === 'page' && tail.room !== null) core.wire.leave(session.peer, tail.room)
    deliver(core, session, feed, next)
  }
  emitItems(core, tail, onReady(tail, core.clock.now()))
  // Something may have come since the page was read, and was taken for something that is gone.
  suspect(core, tail)
}

function liveOn(core: Core, tail: Tail): { readonly session: Session; readonly feed: Feed }[] {
  const live = []
  for (const session of core.sessions()) {
    const feed = session.feeds.find((one) => one.tail === tail && one.run === null)
    if (feed !== undefined) live.push({ session, feed })
  }
  return live
}
