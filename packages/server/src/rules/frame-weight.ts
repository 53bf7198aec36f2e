import { ClientEvent } from '@carillon/protocol'

/** So many characters cost about as much as a frame by itself. */
const CHARACTERS = 4_096
/** A page of history is a hundred notifications to read and to write. */
const OF_HISTORY = 4
const HISTORY = `["${ClientEvent.GetHistory}"`

/** To come in: hooks, the user's own stream, the greeting. */
export const OF_HELLO = 5

/** What a frame of Socket.IO costs about, against a small one, before anybody has parsed it. */
export function weightOf(text: string): number {
  const isHistory = text.startsWith(HISTORY, text.indexOf('['))
  return (isHistory ? OF_HISTORY : 1) + text.length / CHARACTERS
}
