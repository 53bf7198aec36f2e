import type { News, StoreListener } from '@carillon/store'
import { decodeItem } from './encode.ts'
import type { Heard, Place, ReaderCalls, WireNews } from './messages.ts'
import type { Thread } from './thread.ts'

/** Tells listeners what others write, as long as there are any. */
export interface Newsroom {
  listen(listener: StoreListener): () => void
  close(): void
}

/** A database that cannot be asked is asked again after so long. */
const RETRY_MS = 500

/**
 * One call after the other waits at the reader until there is something to tell. The place up to which everything
 * was heard is kept here, so that a reader that had to be replaced goes on from it.
 */
export function createNewsroom(reader: Thread<ReaderCalls>): Newsroom {
  const listeners = new Set<StoreListener>()
  /** One for each time that listening began: an older one that still waits has nothing to say any more. */
  let round: { place: Place | null } | null = null

  async function follow(own: { place: Place | null }): Promise<void> {
    while (round === own) {
      try {
        const heard = await reader.call('follow', own.place, true)
        if (round !== own || heard === null) continue
        own.place = heard.place
        tell(heard)
      } catch {
        await pause(RETRY_MS)
      }
    }
  }

  function tell({ news, isGap, isOther }: Heard): void {
    const decoded = news.map(decodeNews)
    for (const listener of [...listeners]) {
      if (isOther === true && listeners.has(listener)) safely(() => listener.onSilence?.())
      for (const one of decoded) if (listeners.has(listener)) safely(() => listener.onNews(one))
      if (isGap && listeners.has(listener)) safely(() => listener.onGap())
    }
  }

  function end(): void {
    round = null
    reader.call('unfollow', null, true).catch(() => undefined)
  }

  return {
    listen(given) {
      // The same object may listen twice.
      const listener: StoreListener = {
        onNews: (news) => given.onNews(news),
        onGap: () => given.onGap(),
        onSilence: () => given.onSilence?.(),
      }
      listeners.add(listener)
      if (round === null) {
        round = { place: null }
        void follow(round)
      } else if (round.place !== null) {
        // News are heard already. Whoever has no place yet gets a gap with it.
        queueMicrotask(() => {
          if (listeners.has(listener)) safely(() => listener.onGap())
        })
      }
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) end()
      }
    },
    close() {
      listeners.clear()
      if (round !== null) end()
    },
  }
}

function decodeNews({ item, ...news }: WireNews): News {
  return { ...news, item: item === null ? null : decodeItem(item) }
}

/** A listener that throws has broken its promise; the others must not pay for it. */
function safely(tell: () => void): void {
  try {
    tell()
  } catch {
    // Nobody is there who could be told.
  }
}

/** Does not keep the process alive. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
