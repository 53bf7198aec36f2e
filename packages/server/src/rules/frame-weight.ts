import { ClientEvent } from '@carillon/protocol'

/** So many characters, or bytes, cost about as much as a frame by itself. */
const CHARACTERS = 4_096
/** A page of history is a hundred notifications to read and to write. */
const OF_HISTORY = 4
/** An event in Socket.IO's notation: its type, attachments, namespace and number, and then an array. */
const EVENT = /^[25]/
/** The name of another event, written so that it can be read without parsing, as every client writes it. */
const OTHER = new RegExp(`^[25](?:\\d+-)?(?:/[^,]*,)?\\d*\\["(?!${ClientEvent.GetHistory}")[^"\\\\]*"`)

/** To come in: hooks, the user's own stream, the greeting. */
const OF_HELLO = 5

/** What a frame of Socket.IO costs about, against a small one, before anybody has parsed it. */
export function weightOf(data: unknown): number {
  if (typeof data === 'string') return (isHistory(data) ? OF_HISTORY : 1) + data.length / CHARACTERS
  return 1 + (ArrayBuffer.isView(data) ? data.byteLength / CHARACTERS : 0)
}

/** The same of the first frame of a connection. */
export function weightOfHello(data: unknown): number {
  return OF_HELLO - 1 + weightOf(data)
}

/** Who writes the name in another way may mean this one. */
function isHistory(text: string): boolean {
  return EVENT.test(text) && !OTHER.test(text)
}
