import type { CursorMove, Head } from '@carillon/store'
import { offsetBefore } from '../rules/marks.ts'
import { onHeartbeat } from '../rules/proof.ts'
import { EVERYBODY_ROOM } from '../rules/streams.ts'
import { type Core, reportFault } from './core.ts'
import { movesOf } from './cursors.ts'
import { dismissFeed } from './feeds.ts'
import type { Feed, Session } from './session.ts'
import { onStateChange } from './stats.ts'

/** The client answered a ping: what was emitted before it has arrived. */
export function heartbeat(core: Core, session: Session): void {
  if (session.proof !== null) onHeartbeat(session.proof, core.clock.now(), core.settings.pingIntervalMs)
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
  const moves = provedMoves(session)
  if (moves.length > 0) {
    core.cursors.save(moves).catch((cause) => {
      reportFault(core, 'STORE_FAILED', 'Cursors of a client that went away could not be saved', cause)
    })
  }
  const channels = session.feeds.map(({ tail }) => tail.stream).filter(({ kind }) => kind === 'channel')
  for (const feed of session.feeds) dismissFeed(core, session, feed)
  core.wire.leave(session.peer, EVERYBODY_ROOM)
  if (!wasReady) return
  core.ready -= 1
  forget(core, session)
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
export function placesOf({ feeds, proof }: Session): Place[] {
  const channels = feeds.filter(({ tail }) => tail.stream.kind === 'channel')
  return channels.map((feed) => {
    const proved = proof === null ? undefined : provedOffset(feed, proof.provedUntil)
    const { epoch, stream } = feed.tail
    return { channel: stream.name, position: { epoch, offset: Math.max(feed.from, proved ?? 0) } }
  })
}

function provedMoves(session: Session): CursorMove[] {
  const { subscriber, proof } = session
  if (subscriber === null || proof === null) return []
  const moves: CursorMove[] = []
  for (const feed of session.feeds) {
    const offset = provedOffset(feed, proof.provedUntil)
    const { epoch, stream } = feed.tail
    if (offset !== undefined) moves.push(...movesOf(subscriber, stream, { epoch, offset }))
  }
  return moves
}

function provedOffset(feed: Feed, provedUntil: number): number | undefined {
  if (feed.run !== null) return feed.run.sent.findLast(({ at }) => at < provedUntil)?.offset
  return feed.liveSince < provedUntil ? offsetBefore(feed.tail.marks, provedUntil) : undefined
}

function forget(core: Core, session: Session): void {
  const { userId } = session.identity
  if (userId === null) return
  const others = (core.users.get(userId) ?? []).filter((other) => other !== session)
  if (others.length > 0) core.users.set(userId, others)
  else core.users.delete(userId)
}
