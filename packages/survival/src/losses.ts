import type { NotificationStore } from '@carillon/store'
import { idOf, messageOf, STREAM } from './appender/entries.ts'
import type { Confirmed } from './appender-process.ts'

/** What became of the confirmed appends of one trial. */
export interface Losses {
  readonly confirmed: number
  readonly lost: number
  /** How long before the last confirmation the first one was given that did not hold. 0 when all did. */
  readonly lostMs: number
  /** Whether the database, or the file, could be opened again without a helping hand. */
  readonly isReadable: boolean
}

/** What a store has, by offset. */
export interface Log {
  readonly epoch: string
  readonly items: ReadonlyMap<number, { readonly id: string; readonly message: string }>
}

const PAGE = { limit: 5_000, maxBytes: 10_000_000 } as const

export async function readLog(store: Pick<NotificationStore, 'read'>): Promise<Log> {
  const items = new Map<number, { id: string; message: string }>()
  for (let after = 0; ; ) {
    const page = await store.read(STREAM, { after, ...PAGE })
    for (const { id, offset, content } of page.items) items.set(offset, { id, message: content.message })
    if (page.coveredTo >= page.head) return { epoch: page.epoch, items }
    after = page.coveredTo
  }
}

/** @param log `null` when it cannot be read: then all is lost */
export function lossesOf(confirmed: readonly Confirmed[], log: Log | null): Losses {
  const isKept = ({ number, epoch, offset }: Confirmed): boolean => {
    const item = log?.items.get(offset)
    return log?.epoch === epoch && item?.id === idOf(number) && item.message === messageOf(number)
  }
  const lost = confirmed.filter((one) => !isKept(one))
  const last = confirmed.at(-1)?.at ?? 0
  return {
    confirmed: confirmed.length,
    lost: lost.length,
    lostMs: lost.length === 0 ? 0 : last - (lost[0]?.at ?? 0),
    isReadable: log !== null,
  }
}
