import { NotificationsStoreError } from '../errors.ts'
import type { AppendOutcome, Content, Item, NewEntry, Written } from '../port.ts'
import { copyContent } from './copy.ts'
import { senderKey } from './keys.ts'
import { entryOfKey, type LogEntry, push, trimOldest } from './log.ts'
import {
  BYTES_PER_ITEM,
  changeLog,
  openStream,
  type State,
  type StreamRecord,
  touch,
  trimAged,
  trimToBudget,
} from './streams.ts'

export function appendEntry(state: State, entry: NewEntry, now: number): AppendOutcome {
  const bytes = Math.max(entry.bytes || 0, 0)
  if (bytes + BYTES_PER_ITEM > state.settings.maxBytes)
    return refused('the entry alone is larger than "maxBytes"')
  const content = copyOrFail(entry.content)
  if (content instanceof Error) return refused('the content cannot be copied', content)
  const record = openStream(state, entry.stream)
  trimAged(state, record, now)
  const key = senderKey(entry.sender, entry.key)
  const known = record.log === null ? undefined : entryOfKey(record.log, key)
  if (known !== undefined) {
    touch(state, record)
    return known.hash === entry.hash ? receipt(record, known.item, true) : { outcome: 'conflict' }
  }
  const { ttlMs, id, hash } = entry
  const expiresAt = ttlMs === null ? null : now + ttlMs
  const item: Item = { id, offset: (record.log?.head ?? 0) + 1, timestamp: now, expiresAt, content }
  write(state, record, { item, key, hash, bytes })
  return receipt(record, item, false)
}

function write(state: State, record: StreamRecord, entry: LogEntry): void {
  changeLog(state, record, (log) => {
    push(log, entry)
    while (log.head - log.floor > state.settings.maxItemsPerStream) trimOldest(log)
  })
  // First to the newest end: the budget takes from the other end, and so never the item that was just written.
  touch(state, record)
  trimToBudget(state)
}

function receipt(
  record: StreamRecord,
  { id, offset, timestamp, expiresAt }: Item,
  duplicate: boolean,
): Written {
  return { outcome: 'written', epoch: record.epoch, offset, id, timestamp, expiresAt, duplicate }
}

function copyOrFail(content: Content): Content | Error {
  try {
    return copyContent(content)
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(String(cause))
  }
}

function refused(what: string, cause?: Error): AppendOutcome {
  return { outcome: 'refused', cause: new NotificationsStoreError('BAD_ENTRY', `append: ${what}`, { cause }) }
}
