import type { Refused } from '@carillon/protocol'
import { isUnsure, type Outcome } from './errors.ts'

/** Whether something that is later in the lane was done, as far as is known. */
export type Passed = 'no' | 'perhaps' | 'surely'

/** A request from its call to its answer. */
export interface Entry<R> {
  readonly request: R
  /** Requests of one lane take effect in the order of their calls. `null`: the order does not matter. */
  readonly lane: string | null
  phase: 'waiting' | 'in-flight'
  /** It was given to the connection at least once: the server may know of it. */
  sent: boolean
  /** An attempt of it ended without a clear answer. */
  isDoubtful: boolean
  /** How often the server said "not now", and what it said last. */
  refusals: number
  refused: Refused | null
  /** Not before this time again. */
  restsUntil: number
  passed: Passed
}

/**
 * Requests in the order of their calls. What was in flight when the connection broke waits in its old place.
 *
 * Several of a lane may be in flight: the server keeps their order. One that it refused for now is another matter,
 * for those behind it may be done already. So it goes out again only after their answers, alone, and not at all
 * if one of them is done or may be: it would come out behind what was called later.
 */
export interface RequestQueue<R> {
  /**
   * `null` when as many wait already as may.
   *
   * @param isFirst it goes before all others, and beyond the bound
   */
  add(request: R, lane?: string | null, isFirst?: boolean): Entry<R> | null
  /**
   * What goes out now: in order, and no more than `window` in flight at once.
   *
   * @param mayGo whether one more of its sort may go; once it is `false`, so it is for those behind it
   */
  take(window: number, now: number, mayGo?: (request: R) => boolean): Entry<R>[]
  /** The server said "not now": it rests until then. */
  postpone(entry: Entry<R>, refused: Refused, until: number): void
  /** When the next one that rests may go, if that is later than `now`; 0 if none does. */
  nextAt(now: number): number
  /** What must not go out again because a later one went by. They are out of the queue then. */
  takePassed(): Entry<R>[]
  /** The connection broke: nothing of what is in flight will be answered on it. */
  giveBack(): void
  has(entry: Entry<R>): boolean
  /**
   * Whether the entry was still there.
   *
   * @param isDone whether the server has done it
   */
  remove(entry: Entry<R>, isDone?: Passed): boolean
  /** Everything, in order; the queue is empty then. */
  drain(): Entry<R>[]
  entries(): Iterable<Entry<R>>
}

export function createRequestQueue<R>(maxWaiting: number): RequestQueue<R> {
  const entries = new Set<Entry<R>>()
  /** Those that were refused or went by; few, so that nothing has to look through all. */
  const watched = new Set<Entry<R>>()
  let inFlight = 0

  function land(entry: Entry<R>): void {
    if (entry.phase === 'in-flight') inFlight -= 1
    entry.phase = 'waiting'
  }

  const isBusy = (lane: string | null): boolean =>
    [...entries].some((entry) => entry.lane === lane && entry.phase === 'in-flight')

  /** Tells those before an entry, or those of them that wait, that it may be done. */
  function pass(by: Entry<R>, how: Passed, onlyWaiting = false): void {
    if (by.lane === null || how === 'no') return
    for (const entry of entries) {
      if (entry === by) return
      if (entry.lane !== by.lane || (onlyWaiting && entry.phase === 'in-flight')) continue
      if (entry.passed !== 'surely') entry.passed = how
      watched.add(entry)
    }
  }

  function forget(entry: Entry<R>): boolean {
    watched.delete(entry)
    return entries.delete(entry)
  }

  return {
    add(request, lane = null, isFirst = false) {
      if (!isFirst && entries.size - inFlight >= maxWaiting) return null
      const later = isFirst ? [...entries] : []
      if (isFirst) entries.clear()
      const entry: Entry<R> = {
        request,
        lane,
        phase: 'waiting',
        sent: false,
        isDoubtful: false,
        refusals: 0,
        refused: null,
        restsUntil: 0,
        passed: 'no',
      }
      for (const each of [entry, ...later]) entries.add(each)
      return entry
    },
    take(window, now, mayGo = () => true) {
      const taken: Entry<R>[] = []
      const closed = new Set<string | null>()
      if (inFlight === entries.size) return taken
      for (const entry of entries) {
        if (inFlight >= window) break
        const { lane, phase, refusals, restsUntil } = entry
        if (closed.has(lane)) continue
        if (lane !== null && refusals > 0) closed.add(lane)
        if (phase === 'in-flight' || (refusals > 0 && (restsUntil > now || isBusy(lane)))) continue
        if (!mayGo(entry.request)) continue
        entry.phase = 'in-flight'
        entry.sent = true
        inFlight += 1
        taken.push(entry)
      }
      return taken
    },
    postpone(entry, refused, until) {
      land(entry)
      entry.refusals += 1
      entry.refused = refused
      entry.restsUntil = until
      watched.add(entry)
      if (!isUnsure(refused)) return
      entry.isDoubtful = true
      pass(entry, 'perhaps')
    },
    nextAt(now) {
      let next = 0
      for (const { restsUntil } of watched) {
        if (restsUntil > now && (next === 0 || restsUntil < next)) next = restsUntil
      }
      return next
    },
    takePassed() {
      const passed = [...watched].filter(
        (entry) =>
          entry.phase === 'waiting' &&
          // A lost answer is no refusal: those that were in flight together are mostly done together.
          (entry.passed === 'surely' || (entry.passed === 'perhaps' && entry.refusals > 0)),
      )
      for (const entry of passed) forget(entry)
      return passed
    },
    giveBack() {
      const lost = [...entries].filter(({ phase }) => phase === 'in-flight')
      for (const entry of lost) pass(entry, 'perhaps', true)
      for (const entry of lost) {
        land(entry)
        entry.isDoubtful = true
      }
    },
    has: (entry) => entries.has(entry),
    remove(entry, isDone = 'perhaps') {
      if (!entries.has(entry)) return false
      if (entry.phase === 'in-flight') {
        pass(entry, isDone)
        inFlight -= 1
      }
      return forget(entry)
    },
    drain() {
      const all = [...entries]
      entries.clear()
      watched.clear()
      inFlight = 0
      return all
    },
    entries: () => entries.values(),
  }
}

/** What is known of a request whose answer nobody waits for any more. */
export function outcomeOf(entry: Entry<unknown> | null): Outcome {
  if (!entry?.sent) return 'unsent'
  return entry.phase === 'in-flight' || entry.isDoubtful ? 'unknown' : 'refused'
}
