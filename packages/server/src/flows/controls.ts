import type { Problems } from '@carillon/protocol'
import type { Control, Item, NewEntry } from '@carillon/store'
import { channelKey, userKey } from '../rules/streams.ts'
import type { Core } from './core.ts'
import { feedOn } from './feeds.ts'
import { forgetPlace, recallJoins, takeOut } from './memberships.ts'
import { authorize, isUnguarded } from './rights.ts'
import { appendEntry, HOST_KEYS, type SendResult } from './send.ts'
import type { Feed, Session } from './session.ts'
import { turnAway } from './turn-away.ts'
import { sessionsOf } from './users.ts'
import { CLOCKS_MS, noteWord } from './words.ts'

/*
 * What the host says of a user's connections is an entry of the user's own stream: every node hears it in its turn,
 * also one that was not listening when it was said. [G2] [G8]
 */

const DISCONNECTED: Problems = [{ code: 'disconnected' }]

/** Appends what every node shall do. */
export function command(core: Core, user: string, control: Control): Promise<SendResult> {
  const id = core.newId(core.clock.time())
  const entry: NewEntry = {
    stream: userKey(core.scope, user),
    id,
    content: { type: 'info', title: '', message: '', data: null, sender: '', control },
    bytes: 0,
    ttlMs: null,
    sender: HOST_KEYS,
    key: id,
    hash: '',
  }
  return new Promise((resolve) => appendEntry(core, entry, resolve))
}

/** The devices of the user that are away forget the channel as well. */
export function forgetEverywhere(core: Core, user: string, channel: string): Promise<void> {
  return core.store.forget(core.scope, user, channelKey(core.scope, channel))
}

/** Does with the user's connections here what an entry says. Whoever is being let in has looked for it. */
export function obey(core: Core, user: string, item: Item): void {
  const { control } = item.content
  if (control === undefined) return
  noteWord(core, user, item)
  for (const session of sessionsOf(core, user)) {
    if (control.action === 'disconnect') turnAway(core, session, DISCONNECTED)
    else revokeHere(core, session, control.channel, item)
  }
}

/** The same of an entry that a connection meets while it reads on: it may be from before it was there. */
export function heed(core: Core, session: Session, item: Item): void {
  const { control } = item.content
  if (control === undefined) return
  if (control.action === 'revoke') revokeHere(core, session, control.channel, item)
  else if (item.timestamp > core.wire.connectedAt(session.peer) + CLOCKS_MS)
    turnAway(core, session, DISCONNECTED)
}

function revokeHere(core: Core, session: Session, channel: string, item: Item): void {
  recallJoins(session, channel)
  for (const read of core.historyReads) {
    if (read.session === session && read.channel === channel) read.isRevoked = true
  }
  const feed = feedOn(session, channel)
  if (feed === undefined) return
  // This node hears of it late, and meanwhile they were let in again: then it is for the host to say.
  if (isFromBefore(core, feed, item)) void askAgain(core, session, feed)
  else revokeFeed(core, session, feed)
}

function revokeFeed(core: Core, session: Session, feed: Feed): void {
  takeOut(core, session, feed)
  forgetPlace(core, session, feed)
}

/** Whether an entry is surely older than the membership. */
function isFromBefore(core: Core, { run, liveSince }: Feed, { timestamp }: Item): boolean {
  if (run !== null) return false
  const joinedAt = core.clock.time() - (core.clock.now() - liveSince)
  return timestamp < joinedAt - CLOCKS_MS
}

async function askAgain(core: Core, session: Session, feed: Feed): Promise<void> {
  if (isUnguarded(core)) return
  const { name } = feed.tail.stream
  const denied = await authorize(core, session, { action: 'join', channel: name, to: null })
  if (denied[0]?.code === 'not-allowed' && feedOn(session, name) === feed) revokeFeed(core, session, feed)
}
