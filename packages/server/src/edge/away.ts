import { type Place, placesOf } from '../flows/disconnect.ts'
import type { Session } from '../flows/session.ts'

/** Where stock clients stood that may come back by Socket.IO's own recovery, with the same socket id. */
export interface Away {
  leave(socketId: string, session: Session, now: number): void
  /** Where the client stood; asked when it is back. */
  back(socketId: string): readonly Kept[]
}

interface Entry {
  readonly places: readonly Kept[]
  readonly until: number
}

/** Socket.IO's default is two minutes; a host that keeps sessions longer gets joins from the client instead. */
const KEEP_MS = 10 * 60_000
const MOST = 100_000

export function createAway(): Away {
  const entries = new Map<string, Entry>()
  return {
    leave(socketId, session, now) {
      const places = placesKept(session).concat(notYetBack(entries.get(socketId), session))
      entries.delete(socketId)
      if (places.length > 0) entries.set(socketId, { places, until: now + KEEP_MS })
      // A map keeps the order of insertion, so the oldest entries come first.
      for (const [id, { until }] of entries) {
        if (until > now && entries.size <= MOST) break
        entries.delete(id)
      }
    },
    back: (socketId) => entries.get(socketId)?.places ?? [],
  }
}

/** A place to come back to. */
export interface Kept {
  readonly channel: string
  /** `null` for a user: there the server's cursor counts, which the host may have had forgotten meanwhile. [G8] */
  readonly position: Place['position'] | null
}

function placesKept(session: Session): readonly Kept[] {
  if (session.identity.userId === null) return placesOf(session)
  return placesOf(session).map(({ channel }) => ({ channel, position: null }))
}

/** A connection that flaps is gone again before its channels were joined. */
function notYetBack(entry: Entry | undefined, { state, joining }: Session): readonly Kept[] {
  const places = entry?.places ?? []
  return state === 'starting' ? places : places.filter(({ channel }) => joining.includes(channel))
}
