import { hasHole, type Tail } from '../rules/tail.ts'
import { type Core, later, reportFault } from './core.ts'
import { readOn } from './reading.ts'

const RETRY_MS = 1_000

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
