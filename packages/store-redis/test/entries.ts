import type { AppendOutcome, Content, NewEntry, NotificationStore, StreamKey } from '@carillon/store'

export const STREAM: StreamKey = { scope: '/', kind: 'channel', name: 'devops' }

export const CONTENT: Content = {
  type: 'info',
  title: 'Title',
  message: 'Message',
  data: null,
  sender: 'Alice',
}

export const ROOMY = { limit: 100_000, maxBytes: 1_000_000_000 } as const

let made = 0

/** An entry with an id and a key of its own, unless they are given. */
export function entryOf(stream: StreamKey = STREAM, change: Partial<NewEntry> = {}): NewEntry {
  made += 1
  const id = change.id ?? `n-${process.pid}-${made}`
  const plain = { content: CONTENT, bytes: 100, ttlMs: null, sender: 'alice', hash: 'h' }
  return { stream, id, key: id, ...plain, ...change }
}

export function entriesOf(
  count: number,
  stream: StreamKey = STREAM,
  change: Partial<NewEntry> = {},
): NewEntry[] {
  return Array.from({ length: count }, () => entryOf(stream, change))
}

export const channel = (name: string): StreamKey => ({ scope: '/', kind: 'channel', name })

export async function appendOne(
  store: NotificationStore,
  change: Partial<NewEntry> = {},
): Promise<AppendOutcome> {
  const [outcome] = await store.append([entryOf(STREAM, change)])
  if (outcome === undefined) throw new Error('no outcome')
  return outcome
}

/** The ids of all that the stream holds. */
export async function readIds(store: NotificationStore): Promise<string[]> {
  const { items } = await store.read(STREAM, { after: 0, ...ROOMY })
  return items.map(({ id }) => id)
}
