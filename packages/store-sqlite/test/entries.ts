import type { AppendOutcome, NewEntry, NotificationStore, Page, StreamKey, Written } from '@carillon/store'

let made = 0

export function stream(name = 'devops', kind: StreamKey['kind'] = 'channel'): StreamKey {
  return { scope: '/', kind, name }
}

/** An entry with an id and a key that nothing else in this process has. */
export function entry(change: Partial<NewEntry> = {}): NewEntry {
  made += 1
  const id = `n_${made}`
  const content = {
    type: 'info',
    title: 'Title',
    message: `Message ${made}`,
    data: null,
    sender: 'A',
  } as const
  const plain = {
    stream: stream(),
    id,
    content,
    bytes: 100,
    ttlMs: null,
    sender: 'alice',
    key: id,
    hash: 'h',
  }
  return { ...plain, ...change }
}

export function entries(count: number, change: Partial<NewEntry> = {}): NewEntry[] {
  return Array.from({ length: count }, () => entry(change))
}

export async function appendAll(
  store: Pick<NotificationStore, 'append'>,
  given: readonly NewEntry[],
): Promise<Written[]> {
  return writtenOf(await store.append(given))
}

export function writtenOf(outcomes: readonly AppendOutcome[]): Written[] {
  return outcomes.map((outcome) => {
    if (outcome.outcome === 'written') return outcome
    const cause = 'cause' in outcome ? outcome.cause : undefined
    throw new Error(`expected the entry to be written, it is ${outcome.outcome}`, { cause })
  })
}

export function readAll(store: Pick<NotificationStore, 'read'>, of = stream()): Promise<Page> {
  return store.read(of, { after: 0, limit: 1_000_000, maxBytes: 1_000_000_000 })
}

export function offsetsOf(items: readonly { readonly offset: number }[]): number[] {
  return items.map(({ offset }) => offset)
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1)
}

/** The code of what an entry was refused for. */
export function codeOf(outcome: AppendOutcome | undefined): unknown {
  if (outcome === undefined || !('cause' in outcome)) return outcome?.outcome
  const { cause } = outcome
  return typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : cause
}
