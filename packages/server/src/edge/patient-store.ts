import type { NotificationStore } from '@carillon/store'
import type { Clock } from '../flows/ports.ts'

/**
 * The same store with a time limit on every call: a driver that never answers must not hold up a stream, a
 * connection or close() for ever. An append that is late has an unknown outcome, which its rejection means.
 */
export function createPatientStore(
  store: NotificationStore,
  limitMs: number,
  clock: Clock,
): NotificationStore {
  const within = <T>(call: string, work: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const cancel = clock.after(limitMs, () =>
        reject(new Error(`store.${call}: no answer within ${limitMs} ms`)),
      )
      work.then(resolve, reject).finally(cancel)
    })
  return {
    shared: store.shared,
    inOrder: store.inOrder,
    durability: () => within('durability', store.durability()),
    append: (entries) => within('append', store.append(entries)),
    read: (stream, query) => within('read', store.read(stream, query)),
    heads: (streams) => within('heads', store.heads(streams)),
    cursors: (questions) => within('cursors', store.cursors(questions)),
    moveCursors: (moves) => within('moveCursors', store.moveCursors(moves)),
    prune: () => within('prune', store.prune()),
    clear: (stream) => within('clear', store.clear(stream)),
    forget: (scope, user, stream) => within('forget', store.forget(scope, user, stream)),
    ...(store.listen === undefined
      ? {}
      : { listen: (listener) => store.listen?.(listener) ?? (() => undefined) }),
    close: () => store.close(),
  }
}
