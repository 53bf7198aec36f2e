import type { NewEntry, NotificationStore, StreamKey } from '@carillon/store'
import { CHANNEL, nthNotification, SENDER } from '../work.ts'

const BATCH_ENTRIES = 5_000
const STREAM: StreamKey = { scope: '/', kind: 'channel', name: CHANNEL }

/** Appends through the port, in batches: sends would take as long as the measurement. */
export async function fillStore(
  store: Pick<NotificationStore, 'append' | 'heads'>,
  items: number,
): Promise<void> {
  for (let from = 0; from < items; from += BATCH_ENTRIES) {
    const length = Math.min(BATCH_ENTRIES, items - from)
    const outcomes = await store.append(Array.from({ length }, (_, at) => nthEntry(from + at)))
    const failed = outcomes.find(({ outcome }) => outcome !== 'written')
    if (failed !== undefined) throw new Error(`an entry was not written: ${JSON.stringify(failed)}`)
  }
  const [head] = await store.heads([STREAM])
  if (head?.offset !== items) throw new Error(`the log holds ${head?.offset} notifications, not ${items}`)
}

/** As the server makes them: ids, and keys where the sender gave none, begin with the time and end with a count. */
function nthEntry(n: number): NewEntry {
  const { type, title, message, data } = nthNotification(n)
  const id = `n_${(Date.now() / 1000).toFixed(3)}-Yk3vQ0aZ-${n.toString(36)}`
  const content = { type, title, message, data, sender: SENDER }
  const bytes = JSON.stringify(content).length
  return {
    stream: STREAM,
    id,
    content,
    bytes,
    ttlMs: null,
    sender: 's:Xq0hT6mB2rLw8nYc4vKd',
    key: id,
    hash: '',
  }
}
