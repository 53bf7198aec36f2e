import type { OpenedStore, StoreWish } from '../src/contract.ts'
import { createMemoryStore, type NotificationStore, type StreamKey } from '../src/index.ts'

type Change = (inner: NotificationStore) => Partial<NotificationStore>

/** A memory store with something broken: what is not changed works. */
export const wrong =
  (change: Change) =>
  (wish: StoreWish): OpenedStore => {
    let time = 1_750_000_000_000
    const inner = createMemoryStore({ ...wish, now: () => time })
    return {
      store: { ...inner, ...change(inner) },
      advance: (ms) => {
        time += ms
      },
    }
  }

export const idOf = (stream: StreamKey): string => JSON.stringify([stream.scope, stream.kind, stream.name])
