import { ServerEvent } from '@carillon/protocol'
import { replayedBatch, replayedPayloads } from '../rules/payloads.ts'
import type { Stitch } from '../rules/seam.ts'
import { tagOf } from '../rules/streams.ts'
import type { Tail } from '../rules/tail.ts'
import type { Core } from './core.ts'
import type { Session } from './session.ts'

/** Payloads of the pages that were replayed last, by what is in them. */
export type Pages = (key: string, make: () => readonly object[]) => readonly object[]

/** After an outage or a deployment everybody comes back at once, and many have missed the same. */
const KEPT = 4

export function createPages(): Pages {
  const kept: { readonly key: string; readonly payloads: readonly object[] }[] = []
  return (key, make) => {
    const known = kept.find((page) => page.key === key)
    if (known !== undefined) return known.payloads
    const payloads = make()
    kept.push({ key, payloads })
    if (kept.length > KEPT) kept.shift()
    return payloads
  }
}

/** What was missed. A client that knows batches gets one: a frame costs far more than what is in it. */
export function emitMissed(core: Core, { peer, version }: Session, tail: Tail, next: Stitch): void {
  const { stream, epoch } = tail
  const { items, upTo } = next
  // What has expired meanwhile is missing, so a page of as many is the same page.
  // Of a log that was put back another page may stand there: its last id tells.
  const key = `${version} ${tagOf(stream)} ${epoch} ${items.at(-1)?.id ?? ''} ${items.length} ${upTo}`
  if (version === 2) {
    const batch = core.pages(key, () => [replayedBatch(stream, epoch, items, upTo)])
    for (const payload of batch) core.wire.emitShared(peer, ServerEvent.NotificationsBatch, payload)
    return
  }
  const singles = core.pages(key, () => replayedPayloads(stream, epoch, items))
  for (const payload of singles) core.wire.emitShared(peer, ServerEvent.NotificationReceived, payload)
}
