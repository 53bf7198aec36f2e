/** A request from its call to its answer. */
export interface Entry<R> {
  readonly request: R
  phase: 'waiting' | 'in-flight'
  /** It was given to the connection at least once: the server may know of it. */
  sent: boolean
}

/** Requests in the order of their calls. What was in flight when the connection broke waits in its old place. */
export interface RequestQueue<R> {
  /** `null` when as many wait already as may. */
  add(request: R): Entry<R> | null
  /** What goes out now: in order, and no more than `window` in flight at once. */
  take(window: number): Entry<R>[]
  /** The connection broke: nothing of what is in flight will be answered on it. */
  giveBack(): void
  has(entry: Entry<R>): boolean
  /** Whether the entry was still there. */
  remove(entry: Entry<R>): boolean
  /** Everything, in order; the queue is empty then. */
  drain(): Entry<R>[]
  entries(): Iterable<Entry<R>>
}

export function createRequestQueue<R>(maxWaiting: number): RequestQueue<R> {
  const entries = new Set<Entry<R>>()
  let inFlight = 0
  // A Set keeps its order, but finding its first waiting entry costs a walk over those in flight; the window
  // keeps that walk short.
  return {
    add(request) {
      if (entries.size - inFlight >= maxWaiting) return null
      const entry: Entry<R> = { request, phase: 'waiting', sent: false }
      entries.add(entry)
      return entry
    },
    take(window) {
      const taken: Entry<R>[] = []
      if (inFlight >= window || inFlight === entries.size) return taken
      for (const entry of entries) {
        if (entry.phase === 'in-flight') continue
        entry.phase = 'in-flight'
        entry.sent = true
        inFlight += 1
        taken.push(entry)
        if (inFlight >= window) break
      }
      return taken
    },
    giveBack() {
      for (const entry of entries) entry.phase = 'waiting'
      inFlight = 0
    },
    has: (entry) => entries.has(entry),
    remove(entry) {
      if (!entries.delete(entry)) return false
      if (entry.phase === 'in-flight') inFlight -= 1
      return true
    },
    drain() {
      const all = [...entries]
      entries.clear()
      inFlight = 0
      return all
    },
    entries: () => entries.values(),
  }
}
