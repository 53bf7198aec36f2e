import type { NotificationStore, StreamKey } from '@carillon/store'
import type { FinalLog } from '../history.ts'

const PAGE = { limit: 1_000, maxBytes: 10_000_000 } as const

/** Reads a whole stream, page by page, as the store has it in the end. */
export async function readFinalLog(
  store: NotificationStore,
  name: string,
  stream: StreamKey,
): Promise<FinalLog> {
  const items: FinalLog['items'][number][] = []
  for (let after = 0; ; ) {
    const page = await store.read(stream, { after, ...PAGE })
    for (const { id, offset, content } of page.items)
      items.push({ id, offset, key: String(content.data?.key) })
    if (page.coveredTo >= page.head) return { stream: name, epoch: page.epoch, base: page.base, items }
    after = page.coveredTo
  }
}
