import type { Subscriber } from '@carillon/store'
import type { Identity } from '../rules/identity.ts'
import type { Proof } from '../rules/proof.ts'
import type { Tail } from '../rules/tail.ts'
import type { Peer } from './ports.ts'

/** The reading of what a feed missed, while it goes on. */
export interface Run {
  /** A leave or a disconnect has ended it. */
  isOver: boolean
  /** What was emitted when, for the proof of receipt. */
  readonly sent: { at: number; offset: number }[]
}

/** One socket's place on one stream. A feed exists from the moment at which the join is confirmed. */
export interface Feed {
  readonly tail: Tail
  /** Up to where the socket is known to have received it: where it joined, then what is proved. */
  received: number
  /** The epoch that `received` speaks of. */
  epoch: string
  /** Since when the socket gets what the tail emits, in monotonic milliseconds. Nothing while `run` is set. */
  liveSince: number
  /** Set while the feed is catching up. */
  run: Run | null
}

/** What is kept of a connection. Small: most connections are idle, and there are many. */
export interface Session extends Proof {
  readonly peer: Peer
  readonly version: 1 | 2
  readonly clientId: string | null
  readonly deviceId: string | null
  /** `starting` until the connection is confirmed: requests wait. */
  state: 'starting' | 'ready' | 'closed'
  identity: Identity
  /** Few, so a list is smaller and faster than a map. */
  feeds: readonly Feed[]
  /** Where the user's own stream stands while it is silent; see parking.ts. */
  parkedEpoch: string | null
  parkedOffset: number
  /** Channels whose join is under way. */
  joining: readonly string[]
  /** Requests that have not been answered. */
  pending: number
  /** Requests that came before the connection was confirmed. */
  early: (() => void)[] | null
  /** Work of this socket that waits for earlier work on the same stream, by tag. */
  lanes: Map<string, (() => unknown)[]> | null
}

/** Whose cursors move with this session; `null` for guests. */
export function subscriberOf({ identity, deviceId }: Session): Subscriber | null {
  return identity.userId === null ? null : { user: identity.userId, device: deviceId }
}

/** What the socket is known to have received of the stream as it is now: of a lost log nothing counts. */
export function receivedOf({ tail, epoch, received }: Feed): number {
  return epoch === tail.epoch ? received : 0
}

export function noteReceived(feed: Feed, offset: number): void {
  feed.received = Math.max(receivedOf(feed), offset)
  feed.epoch = feed.tail.epoch
}

/** The log was lost: nothing above an offset of what was received is still there. */
export function noteLoss(feed: Feed, from: number): void {
  feed.received = Math.min(receivedOf(feed), from)
  feed.epoch = feed.tail.epoch
}

/** A list with one more. Exactly as long as it is: `push` and spread reserve room that idle sessions never use. */
export function withFeed(feeds: readonly Feed[], feed: Feed): readonly Feed[] {
  if (feeds.length === 0) return [feed]
  const longer = new Array<Feed>(feeds.length + 1)
  for (let at = 0; at < feeds.length; at++) longer[at] = feeds[at] ?? feed
  longer[feeds.length] = feed
  return longer
}
