/** How a stream is called on the wire: `c:<channel>`, `b` for broadcasts, `u` for the user's own. */
export type StreamName = `c:${string}` | 'b' | 'u'

export const BROADCAST_STREAM = 'b'
export const USER_STREAM = 'u'

export function channelStream(channel: string): `c:${string}` {
  return `c:${channel}`
}

/** The channel of a channel stream, `null` for the two streams that are not channels. */
export function channelOf(stream: StreamName): string | null {
  return stream.startsWith('c:') ? stream.slice(2) : null
}

export function isStreamName(name: string): name is StreamName {
  return name === BROADCAST_STREAM || name === USER_STREAM || (name.startsWith('c:') && name.length > 2)
}
