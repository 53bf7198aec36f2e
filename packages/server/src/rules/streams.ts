import { BROADCAST_STREAM, channelStream, type StreamName, USER_STREAM } from '@carillon/protocol'
import type { StreamKey } from '@carillon/store'

/**
 * Every room of ours starts like this. A room named by a client would let a stranger into the host's rooms,
 * or into the room that Socket.IO names after each socket's id.
 */
const ROOM_PREFIX = 'carillon:'

/** Everybody who is served: gets statistics, and broadcasts unless behind. */
export const EVERYBODY_ROOM = `${ROOM_PREFIX}all`

/** Those whose missed broadcasts are still under way. */
export const BEHIND_ROOM = `${ROOM_PREFIX}behind`

/** What a stream is called in rooms and maps of one scope. Unlike on the wire, users are told apart. */
export function tagOf(stream: StreamKey): string {
  return stream.kind === 'channel' ? `c:${stream.name}` : stream.kind === 'user' ? `u:${stream.name}` : 'b'
}

export function roomOf(stream: StreamKey): string {
  return ROOM_PREFIX + tagOf(stream)
}

export function isOwnRoom(room: string): boolean {
  return room.startsWith(ROOM_PREFIX)
}

export function wireNameOf(stream: StreamKey): StreamName {
  if (stream.kind === 'channel') return channelStream(stream.name)
  return stream.kind === 'user' ? USER_STREAM : BROADCAST_STREAM
}

export function channelKey(scope: string, name: string): StreamKey {
  return { scope, kind: 'channel', name }
}

export function userKey(scope: string, name: string): StreamKey {
  return { scope, kind: 'user', name }
}

export function broadcastKey(scope: string): StreamKey {
  return { scope, kind: 'broadcast', name: '' }
}
