import { ServerEvent } from '@carillon/protocol'
import type { Item } from '@carillon/store'
import { receivedPayload } from '../rules/payloads.ts'
import { BEHIND_ROOM, EVERYBODY_ROOM } from '../rules/streams.ts'
import type { Tail } from '../rules/tail.ts'
import type { Core } from './core.ts'
import { sessionsOf } from './users.ts'

/** Emits what has just come to whoever is live on the stream: encoded once, however many they are. */
export function emitItems(core: Core, tail: Tail, items: readonly Item[]): void {
  for (const item of items) {
    if (item.content.control !== undefined) {
      core.obey(tail.stream.name, item)
      continue
    }
    if (tail.members === 0) continue
    emitToMembers(
      core,
      tail,
      ServerEvent.NotificationReceived,
      receivedPayload(tail.stream, tail.epoch, item),
    )
  }
}

function emitToMembers(core: Core, tail: Tail, event: ServerEvent, payload: object): void {
  if (tail.room !== null) core.wire.emitRoom(tail.room, event, payload)
  else if (tail.stream.kind === 'broadcast') {
    core.wire.emitRoom(EVERYBODY_ROOM, event, payload, core.behind > 0 ? BEHIND_ROOM : undefined)
  } else {
    // A user has few connections: a room for each would cost more memory than it saves work.
    for (const { peer, feeds } of sessionsOf(core, tail.stream.name)) {
      if (feeds.some((feed) => feed.tail === tail && feed.run === null)) core.wire.emit(peer, event, payload)
    }
  }
}
