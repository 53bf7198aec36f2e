import { channelStream } from '@carillon/protocol'
import type { NewEntry, RetentionOptions } from '@carillon/store'
import type { Send } from '../history.ts'
import { openStore, type StorePlace } from '../stores.ts'

const BATCH = 2_000
const SENDER = 'host'

/** Appends so many notifications without any node, as a host's worker may. Each counts as sent and confirmed. */
export async function fill(
  place: StorePlace,
  keeps: RetentionOptions,
  channel: string,
  count: number,
  /** How many were appended so before. */
  from = 0,
): Promise<Send[]> {
  const store = openStore(place, keeps)
  const stream = channelStream(channel)
  const sends: Send[] = []
  try {
    while (sends.length < count) {
      const size = Math.min(BATCH, count - sends.length)
      const entries = Array.from({ length: size }, (_, n) => entryOf(channel, from + sends.length + n + 1))
      for (const [at, outcome] of (await store.append(entries)).entries()) {
        if (outcome.outcome !== 'written') throw new Error(`not written: ${JSON.stringify(outcome)}`)
        const { id, epoch, offset } = outcome
        const key = entries[at]?.key ?? ''
        sends.push({ sender: SENDER, stream, key, outcome: { kind: 'confirmed', id, epoch, offset } })
      }
    }
    return sends
  } finally {
    await store.close()
  }
}

function entryOf(name: string, n: number): NewEntry {
  const key = `${SENDER}-${n}`
  return {
    stream: { scope: '/', kind: 'channel', name },
    id: `n_${key}`,
    content: { type: 'info', title: key, message: 'm', data: { key }, sender: SENDER },
    bytes: 64,
    ttlMs: null,
    sender: SENDER,
    key,
    hash: key,
  }
}
