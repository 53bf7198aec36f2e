import type { Place } from '../flows/disconnect.ts'

/** Where stock clients stood that may come back by Socket.IO's own recovery, with the same socket id. */
export interface Away {
  put(socketId: string, places: readonly Place[], now: number): void
  take(socketId: string): readonly Place[]
}

interface Entry {
  readonly places: readonly Place[]
  readonly until: number
}

/** Socket.IO's default is two minutes; a host that keeps sessions longer gets joins from the client instead. */
const KEEP_MS = 10 * 60_000
const MOST = 100_000

export function createAway(): Away {
  const entries = new Map<string, Entry>()
  return {
    put(socketId, places, now) {
      if (places.length === 0) return
      entries.set(socketId, { places, until: now + KEEP_MS })
      // A map keeps the order of insertion, so the oldest entries come first.
      for (const [id, { until }] of entries) {
        if (until > now && entries.size <= MOST) break
        entries.delete(id)
      }
    },
    take(socketId) {
      const places = entries.get(socketId)?.places ?? []
      entries.delete(socketId)
      return places
    },
  }
}
