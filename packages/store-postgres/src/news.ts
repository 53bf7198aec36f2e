import type { News, StoreListener, StreamKey } from '@carillon/store'
import type { Calls } from './calls.ts'
import type { PostgresClient } from './driver.ts'
import { type Line, openLine } from './line.ts'

/** What other processes append, over one connection for all listeners of a store. */
export interface Newspaper {
  listen(listener: StoreListener): () => void
  close(): void
}

export function createNewspaper(
  take: () => Promise<PostgresClient>,
  channel: string,
  calls: Calls,
): Newspaper {
  const listeners = new Set<StoreListener>()
  let line: Line | null = null
  let isClosed = false

  function tellAll(tell: (listener: StoreListener) => void): void {
    for (const listener of listeners) {
      try {
        tell(listener)
      } catch {
        // In here it would be an uncaught error of the connection. A listener promises not to throw.
      }
    }
  }

  function onPayload(payload: string): void {
    const told = parsePayload(payload)
    if (told === undefined) tellAll((listener) => listener.onGap())
    else
      calls.whenOver(told.call, () => {
        for (const news of told.news) tellAll((listener) => listener.onNews(news))
      })
  }

  function begin(listener: StoreListener): void {
    if (line === null) {
      line = openLine(take, channel, {
        onOpen: () => tellAll((one) => one.onGap()),
        onBroken: () => tellAll((one) => one.onSilence?.()),
        onPayload,
      })
    } else if (line.isOpen()) {
      queueMicrotask(() => {
        if (listeners.has(listener)) listener.onGap()
      })
    }
  }

  function end(): void {
    line?.close()
    line = null
  }

  return {
    listen(listener) {
      if (isClosed) return () => undefined
      // An object of our own: the same listener may be there twice.
      const own: StoreListener = {
        onNews: (news) => listener.onNews(news),
        onGap: () => listener.onGap(),
        onSilence: () => listener.onSilence?.(),
      }
      listeners.add(own)
      begin(own)
      return () => {
        if (listeners.delete(own) && listeners.size === 0) end()
      }
    },
    close() {
      isClosed = true
      listeners.clear()
      end()
    },
  }
}

interface Told {
  readonly call: string
  readonly news: readonly News[]
}

/** Reads what `tell_1` in schema/append-1.ts wrote; undefined for what is not to be understood. */
export function parsePayload(payload: string): Told | undefined {
  const parsed = parseJson(payload)
  if (!Array.isArray(parsed)) return undefined
  const [call, ...list]: unknown[] = parsed
  const news = list.map(parseNews).filter((one) => one !== undefined)
  return typeof call === 'string' && news.length === list.length ? { call, news } : undefined
}

function parseNews(value: unknown): News | undefined {
  if (!Array.isArray(value)) return undefined
  const [label, head]: unknown[] = value
  if (!Array.isArray(label) || typeof head !== 'number') return undefined
  const [kind, scope, name, epoch]: unknown[] = label
  if (typeof scope !== 'string' || typeof name !== 'string' || typeof epoch !== 'string') return undefined
  return isKind(kind) ? { stream: { scope, kind, name }, epoch, head, item: null } : undefined
}

function isKind(value: unknown): value is StreamKey['kind'] {
  return value === 'channel' || value === 'broadcast' || value === 'user'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
