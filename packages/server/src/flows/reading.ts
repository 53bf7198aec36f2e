import type { RecoveryFailure } from '@carillon/protocol'
import type { Page } from '@carillon/store'
import { forgetStrangers, hasHole, lossesOf, lossOf, onPage, strangersOf, type Tail } from '../rules/tail.ts'
import { type Core, later, reportFault } from './core.ts'
import { emitItems } from './emission.ts'

/*
 * A tail lives of what it is told. What it was not told it reads here: holes, what came while nobody told it, and
 * whether the log is still the one that it knows.
 */

const RETRY_MS = 1_000

/** One item says which log it is. */
const GLANCE = { limit: 1, maxBytes: 1 } as const

/** Fills a hole after a short wait. A healthy stream fills its holes by itself within it. */
export function healIfNeeded(core: Core, tail: Tail): void {
  if (!hasHole(tail) || core.healing.has(tail)) return
  core.healing.add(tail)
  later(core, core.settings.holeWaitMs, () => void heal(core, tail))
}

async function heal(core: Core, tail: Tail): Promise<void> {
  try {
    let before: number
    do {
      before = tail.offset
      await readOn(core, tail)
    } while (hasHole(tail) && tail.offset > before && !core.isClosing)
    core.healing.delete(tail)
    healIfNeeded(core, tail)
  } catch (cause) {
    reportFault(core, 'STORE_FAILED', 'A hole in a stream could not be read; trying again', cause)
    later(core, RETRY_MS, () => void heal(core, tail))
  }
}

/** Something does not fit what was emitted: the log is looked at, once for all that comes in a moment. */
export function suspect(core: Core, tail: Tail): void {
  if (core.suspects.has(tail)) return
  core.suspects.add(tail)
  later(core, core.settings.holeWaitMs, () => {
    core.suspects.delete(tail)
    readOn(core, tail).catch((cause) => {
      reportFault(core, 'STORE_FAILED', 'A stream could not be checked; trying again', cause)
      later(core, RETRY_MS, () => suspect(core, tail))
    })
  })
}

/** Reads one page behind the tail and emits it; or finds that the log was lost, and begins anew. */
export async function readOn(core: Core, tail: Tail): Promise<void> {
  const { stream, offset } = tail
  const losses = lossesOf(tail)
  const strangers = strangersOf(tail)
  const page = await core.store.read(stream, { after: offset, ...core.settings.page })
  // Somebody else has found the new log meanwhile: this page was read from a place in the old one.
  if (lossesOf(tail) !== losses) return
  const reason = lossOf(tail, offset, page)
  if (reason !== undefined) {
    await beginAnew(core, tail, reason, page)
    return
  }
  // The store still speaks of our epoch, so what came under another one before the read is of a lost log.
  forgetStrangers(tail, strangers)
  emitItems(core, tail, onPage(tail, page, core.clock.now()))
}

/** Finds out how much of what was emitted is still true, and puts every reader on the log as it is now. [G5] */
async function beginAnew(core: Core, tail: Tail, reason: RecoveryFailure, seen: Page): Promise<void> {
  const losses = lossesOf(tail)
  const isPutBack = reason === 'future' || reason === 'id-mismatch'
  const shared = isPutBack ? await lastShared(core, tail) : 0
  const after = Math.max(shared, reason === 'trimmed' ? seen.base : 0)
  const page = await core.store.read(tail.stream, { after, ...core.settings.page })
  if (lossesOf(tail) !== losses) return
  // It changed once more while it was looked at.
  if (page.epoch !== seen.epoch) return readOn(core, tail)
  core.restart(tail, page, reason, Math.max(after, page.base))
}

/**
 * A log that was put back to an earlier state is the same up to some offset: the last one, among those that the
 * tail remembers, at which the store still has what was emitted.
 */
async function lastShared(core: Core, tail: Tail): Promise<number> {
  const known = (tail.marks ?? []).filter(({ id }) => id !== null)
  let shared = 0
  for (let low = 0, high = known.length; low < high; ) {
    const middle = (low + high) >> 1
    const { offset = 0, id = null } = known[middle] ?? {}
    const { idAt } = await core.store.read(tail.stream, { after: offset, ...GLANCE })
    if (idAt === id) {
      shared = offset
      low = middle + 1
    } else high = middle
  }
  return shared
}
