import { randomBytes } from 'node:crypto'
import type { StoreListener } from '@carillon/store'
import { newsOf, parseMessage } from './news.ts'
import { createSequences } from './sequences.ts'
import type { SubscriberEvents } from './subscriber.ts'

/** The news that this store sends, and those that it hears. */
export interface Bulletin {
  /** The next message of this store, to be sent by the script that changes something. */
  next(): OwnMessage
  listen(listener: StoreListener): () => void
  close(): void
}

export interface OwnMessage {
  readonly header: string
  /** Nobody knows whether it was sent: then it may tell of something that this store does not know either. */
  unsure(): void
}

type Subscribe = (events: SubscriberEvents) => () => void

const MOST_UNSURE = 1_000

/**
 * @param subscribe listens until the returned function is called
 */
export function createBulletin(subscribe: Subscribe): Bulletin {
  const node = randomBytes(9).toString('base64url')
  const listeners = new Set<StoreListener>()
  const unsure = new Set<number>()
  const sequences = createSequences(tellGap)
  let sent = 0
  let isHearing = false
  let isClosed = false
  let unsubscribe: (() => void) | undefined

  function tell(listener: StoreListener, what: (listener: StoreListener) => void): void {
    if (!listeners.has(listener)) return
    try {
      what(listener)
    } catch {
      // A listener must not throw; one that does must not take the connection with it.
    }
  }

  function tellGap(): void {
    for (const listener of listeners) tell(listener, (it) => it.onGap())
  }

  function hear(text: string): void {
    const message = parseMessage(text)
    if (message === null) return
    if (message.node === node) {
      // Whoever appended knows already, and the body need not even be parsed.
      if (!unsure.delete(message.number)) return
    } else sequences.hear(message.node, message.number)
    for (const news of newsOf(message.body))
      for (const listener of listeners) tell(listener, (it) => it.onNews(news))
  }

  function start(): void {
    unsubscribe = subscribe({
      onMessage: hear,
      onSubscribed() {
        isHearing = true
        sequences.restart()
        tellGap()
      },
      onBroken() {
        for (const listener of listeners) tell(listener, (it) => it.onSilence?.())
      },
    })
  }

  function stop(): void {
    isHearing = false
    sequences.stop()
    unsubscribe?.()
    unsubscribe = undefined
  }

  return {
    next() {
      sent += 1
      const number = sent
      return {
        header: `${node} ${number}`,
        unsure() {
          if (unsure.size >= MOST_UNSURE) unsure.clear()
          unsure.add(number)
          tellGap()
        },
      }
    },
    listen(listener) {
      if (isClosed) return () => undefined
      // A copy, for the same object may listen twice.
      const own: StoreListener = {
        onNews: (news) => listener.onNews(news),
        onGap: () => listener.onGap(),
        onSilence: () => listener.onSilence?.(),
      }
      listeners.add(own)
      if (unsubscribe === undefined) start()
      else if (isHearing) queueMicrotask(() => tell(own, (it) => it.onGap()))
      return () => {
        if (listeners.delete(own) && listeners.size === 0) stop()
      }
    },
    close() {
      isClosed = true
      listeners.clear()
      stop()
    },
  }
}
