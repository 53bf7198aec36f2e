import type { CursorMove, Head } from '@carillon/store'
import { forget } from '../rules/guard.ts'
import { NEVER, onHeartbeat } from '../rules/proof.ts'
import { EVERYBODY_ROOM } from '../rules/streams.ts'
import { provedOffset } from '../rules/tail.ts'
import { type Core, reportFault } from './core.ts'
import { forgetExpiry } from './expiry.ts'
import { dismissFeed } from './feeds.ts'
import { type Feed, noteReceived, receivedOf, type Session, subscriberOf } from './session.ts'
import { onStateChange } from './stats.ts'
import { forgetUser } from './users.ts'

/** The client answered a ping: what was emitted before it has arrived. */
export function heartbeat(core: Core, session: Session, pingIntervalMs: number): void {
  onHeartbeat(session, core.clock.now(), pingIntervalMs)
  const moves = provedMoves(session)
  if (moves.length > 0) core.cursors.saveSoon(moves)
}

/**
 * The connection ended, in whatever way: what is proved received is saved. A client that hangs up cannot say
 * what was in flight, so nothing more counts. [G2]
 */
export function disconnect(core: Core, session: Session): void {
  if (session.state === 'closed') return
  const wasReady = session.state === 'ready'
  session.state = 'closed'
  session.early = null
  forgetExpiry(core, session)
  forget(core.guard, session)
  core.strains.delete(session)
  if (subscriberOf(session) !== null) {
    // Also what heartbeats have proved before and is still waiting: whoever comes back at once reads it.
    core.cursors.save(provedMoves(session)).catch((cause) => {
      reportFault(core, 'STORE_FAILED', 'Cursors of a client that went away could not be saved', cause)
    })
  }
  const channels = session.feeds.map(({ tail }) => tail.stream).filter(({ kind }) => kind === 'channel')
  for (const feed of session.feeds) dismissFeed(core, session, feed)
  core.wire.leave(session.peer, EVERYBODY_ROOM)
  if (!wasReady) return
  core.ready -= 1
  forgetUser(core, session)
  const { userId, username } = session.identity
  for (const { name } of channels) {
    core.announce.left({ channel: name, userId, username, socketId: session.peer.id })
  }
  onStateChange(core)
}

/** A channel and how far the client surely received it. */
export interface Place {
  readonly channel: string
  readonly position: Head
}

/** Where a client stands whose connection Socket.IO may bring back. */
export function placesOf({ feeds, provedUntil }: Session): Place[] {
  const channels = feeds.filter(({ tail }) => tail.stream.kind === 'channel')
  return channels.map((feed) => {
    const proved = provedOf(feed, provedUntil)
    const { epoch, stream } = feed.tail
    return { channel: stream.name, position: { epoch, offset: Math.max(receivedOf(feed), proved ?? 0) } }
  })
}

/** What is proved and was not saved yet. */
function provedMoves(session: Session): CursorMove[] {
  const subscriber = subscriberOf(session)
  if (subscriber === null || session.provedUntil === NEVER) return []
  const moves: CursorMove[] = []
  for (const feed of session.feeds) {
    const offset = provedOf(feed, session.provedUntil)
    if (offset === undefined || offset <= receivedOf(feed)) continue
    noteReceived(feed, offset)
    const { epoch, stream } = feed.tail
    moves.push({ subscriber, stream, to: { epoch, offset } })
  }
  return moves
}

function provedOf({ run, tail, liveSince }: Feed, provedUntil: number): number | undefined {
  if (run !== null) return run.sent.filter(({ at }) => at < provedUntil).at(-1)?.offset
  return provedOffset(tail, liveSince, provedUntil)
}
