import type { OpenedStore, StoreWish } from '../src/contract.ts'
import { type CursorMove, createMemoryStore, type NotificationStore, type StreamKey } from '../src/index.ts'
import { idOf, wrong } from './wrong.ts'

/** Changes what is forgotten on one stream: everything that was ever moved is known. */
const wrongOnStreams = (forgets: (move: CursorMove, user: string, stream: StreamKey) => boolean) =>
  wrong((inner) => {
    const known: CursorMove[] = []
    return {
      moveCursors(moves) {
        known.push(...moves)
        return inner.moveCursors(moves)
      },
      async forget(scope, user, stream) {
        if (stream === undefined) return inner.forget(scope, user)
        if (stream.scope !== scope) return
        const lost = known.filter((move) => forgets(move, user, stream))
        await inner.moveCursors(lost.map((move) => ({ ...move, to: null })))
      },
    }
  })

const isOn = (move: CursorMove, stream: StreamKey): boolean => idOf(move.stream) === idOf(stream)

/** Takes the user without a device for all there is of the user. */
export const forgetsOneDevice = wrongOnStreams(
  (move, user, stream) =>
    move.subscriber.user === user && move.subscriber.device === null && isOn(move, stream),
)

/** Takes a device for the user only where it has a name. */
export const forgetsNamedDevices = wrongOnStreams(
  (move, user, stream) => move.subscriber.user === user && !!move.subscriber.device && isOn(move, stream),
)

/** Forgets the user on each stream whose name starts with that of the stream. */
export const forgetsOnNeighbours = wrongOnStreams(
  ({ stream: on, subscriber }, user, { kind, name, scope }) =>
    subscriber.user === user && on.scope === scope && on.kind === kind && on.name.startsWith(name),
)

/** Takes streams of any kind for one when their names are the same. */
export const forgetsOnAnyKind = wrongOnStreams(
  ({ stream: on, subscriber }, user, { name, scope }) =>
    subscriber.user === user && on.scope === scope && on.name === name,
)

/** Forgets the user on all streams of the scope. */
export const forgetsOnAllStreams = wrongOnStreams(
  (move, user, stream) => move.subscriber.user === user && move.stream.scope === stream.scope,
)

/** Forgets on the stream everybody whose name starts with the user's. */
export const forgetsOthers = wrongOnStreams(
  (move, user, stream) => move.subscriber.user.startsWith(user) && isOn(move, stream),
)

/** Knows no letter from its capital where it forgets. */
export const forgetsInAnyCase = wrongOnStreams(
  (move, user, stream) => move.subscriber.user.toLowerCase() === user.toLowerCase() && isOn(move, stream),
)

/** Takes the sign that stands for anything in a database for that in a name. */
export const forgetsByPattern = wrongOnStreams((move, user, stream) => {
  const named = move.subscriber.user
  const isMeant = user.endsWith('%') ? named.startsWith(user.slice(0, -1)) : named === user
  return isMeant && isOn(move, stream)
})

/** Was written before there was a stream to forget on. */
export const forgetsAllInstead = wrong((inner) => ({
  forget: (scope, user) => inner.forget(scope, user),
}))

/** Empties the stream together with the cursors. */
export const forgetsTheStream = wrong((inner) => ({
  async forget(scope, user, stream) {
    await inner.forget(scope, user, stream)
    if (stream?.scope === scope) await inner.clear(stream)
  },
}))

/** Asks nobody which scope the user is of. */
export const forgetsInAnyScope = wrong((inner) => ({
  forget: (scope, user, stream) => inner.forget(stream?.scope ?? scope, user, stream),
}))

/** Writes down who was where, and not who was forgotten. */
export function forgetsForNow(wish: StoreWish): OpenedStore {
  const inner = createMemoryStore(wish)
  const written: CursorMove[] = []
  const store: NotificationStore = {
    ...inner,
    durability: async () => ({ level: 'process', sentence: 'Kept.', warnings: [] }),
    moveCursors(moves) {
      written.push(...moves)
      return inner.moveCursors(moves)
    },
    close: async () => {},
  }
  const reopen = async (): Promise<NotificationStore> => {
    await inner.moveCursors(written)
    return { ...inner, close: async () => {} }
  }
  return { store, reopen, close: () => inner.close() }
}
