import type { Head, Item, StreamKey } from '@carillon/store'
import { isOutOfPlace, isReplaced, remembers } from '../rules/loss.ts'
import { tagOf } from '../rules/streams.ts'
import { createTail, isIdle, onAppended, onOpened, type Tail } from '../rules/tail.ts'
import type { Core } from './core.ts'
import { emitItems } from './emission.ts'
import { healIfNeeded } from './healing.ts'
import { isParkedAt, parkIfSilent, wake } from './parking.ts'
import { hold, holdAfterGap, suspect } from './reading.ts'

/** The tail of a stream; a new one begins to open. */
export function tailOf(core: Core, stream: StreamKey): Tail {
  const tag = tagOf(stream)
  const known = core.tails.get(tag) ?? awake(core, stream)
  if (known !== undefined) return known
  const tail = createTail(stream, core.settings.marks, core.gaps)
  core.tails.set(tag, tail)
  const opened = open(core, tail)
  core.opening.set(tail, opened)
  // Whoever waits for the tail hears of a failure; nobody may be waiting.
  const done = (): void => void core.opening.delete(tail)
  opened.then(done, done)
  return tail
}

function awake(core: Core, stream: StreamKey): Tail | undefined {
  const tail = wake(core, stream)
  if (tail !== undefined) sweepLater(core)
  return tail
}

/**
 * The tail of a stream that somebody here follows; one that was parked wakes up, unless it stands at `head`
 * already.
 */
export function awakeTail(core: Core, stream: StreamKey, head?: Head): Tail | undefined {
  const known = core.tails.get(tagOf(stream))
  if (known !== undefined || (head !== undefined && isParkedAt(core, stream, head))) return known
  return awake(core, stream)
}

/** Resolves when the tail stands; rejects when the store could not say where. */
export function whenOpen(core: Core, tail: Tail): Promise<void> | undefined {
  return core.opening.get(tail)
}

async function open(core: Core, tail: Tail): Promise<void> {
  try {
    const [head] = await core.store.heads([tail.stream])
    if (head === undefined) throw new Error('the store did not answer where the stream stands')
    emitItems(core, tail, onOpened(tail, head.epoch, head.offset, core.clock.now()))
    healIfNeeded(core, tail)
  } catch (cause) {
    core.tails.delete(tagOf(tail.stream))
    throw cause
  }
}

/**
 * An item was appended, here or elsewhere: it goes out in its turn. [G1]
 *
 * @param is whether it is told as new, is a repetition of something old, or proves by its offset that the log
 * was put back
 */
export function signal(core: Core, stream: StreamKey, epoch: string, item: Item, is: Novelty): void {
  const tail = awakeTail(core, stream)
  if (tail === undefined) return
  holdAfterGap(core, tail)
  if (is !== 'old' && isOutOfPlace(tail, epoch, item)) {
    if (is === 'proof' || isReplaced(tail, epoch, item)) hold(core, tail, is === 'proof')
    else suspect(core, tail)
  }
  emitItems(core, tail, onAppended(tail, epoch, item, core.clock.now()))
  healIfNeeded(core, tail)
}

export type Novelty = 'new' | 'old' | 'proof'

/**
 * The store may have written what it did not confirm: whoever is here gets it now, not with the next one. And after
 * an outage its log may be another one, which a look can tell where something was emitted. [G5]
 */
export function lookAgain(core: Core, stream: StreamKey): void {
  const tail = awakeTail(core, stream)
  if (tail === undefined) return
  if (remembers(tail)) hold(core, tail)
  else suspect(core, tail)
}

/** Called when somebody leaves: tails that nobody needs linger for a while, then go. */
export function sweepLater(core: Core): void {
  if (core.cancelSweep !== null || core.isClosing) return
  core.cancelSweep = core.clock.after(core.settings.lingerMs, () => {
    core.cancelSweep = null
    let awake = 0
    for (const [tag, tail] of core.tails) {
      if (isIdle(tail)) core.tails.delete(tag)
      // Somebody is just reading it.
      else if (tail.members === 0) awake += 1
      else if (tail.stream.kind === 'user') awake += parkIfSilent(core, tail) ? 0 : 1
    }
    if (awake > 0) sweepLater(core)
  })
}
