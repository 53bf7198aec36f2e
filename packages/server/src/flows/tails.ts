import { ServerEvent } from '@carillon/protocol'
import type { Head, Item, StreamKey } from '@carillon/store'
import { receivedPayload } from '../rules/payloads.ts'
import { BEHIND_ROOM, EVERYBODY_ROOM, tagOf } from '../rules/streams.ts'
import {
  createTail,
  forgetStrangers,
  hasHole,
  isIdle,
  onAppended,
  onOpened,
  onPage,
  onReset,
  strangersOf,
  type Tail,
} from '../rules/tail.ts'
import { type Core, later, reportFault } from './core.ts'
import { isParkedAt, parkIfSilent, wake } from './parking.ts'
import { sessionsOf } from './users.ts'

const RETRY_MS = 1_000

/** The tail of a stream; a new one begins to open. */
export function tailOf(core: Core, stream: StreamKey): Tail {
  const tag = tagOf(stream)
  const known = core.tails.get(tag) ?? awake(core, stream)
  if (known !== undefined) return known
  const tail = createTail(stream, core.settings.marks)
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

/** An item was appended, here or elsewhere: it goes out in its turn. [G1] */
export function signal(core: Core, stream: StreamKey, epoch: string, item: Item): void {
  const tail = awakeTail(core, stream)
  if (tail === undefined) return
  emitItems(core, tail, onAppended(tail, epoch, item, core.clock.now()))
  healIfNeeded(core, tail)
}

function emitItems(core: Core, tail: Tail, items: readonly Item[]): void {
  if (tail.members === 0) return
  for (const item of items) {
    emitToMembers(
      core,
      tail,
      ServerEvent.NotificationReceived,
      receivedPayload(tail.stream, tail.epoch, item),
    )
  }
}

function emitToMembers(core: Core, tail: Tail, event: ServerEvent, payload: object): void {
  if (tail.room !== null) core.wire.emitRoom(tail.room, event, payload)
  else if (tail.stream.kind === 'broadcast') {
    core.wire.emitRoom(EVERYBODY_ROOM, event, payload, core.behind > 0 ? BEHIND_ROOM : undefined)
  } else {
    // A user has few connections: a room for each would cost more memory than it saves work.
    for (const { peer, feeds } of sessionsOf(core, tail.stream.name)) {
      if (feeds.some((feed) => feed.tail === tail && feed.run === null)) core.wire.emit(peer, event, payload)
    }
  }
}

/** The store may have written what it did not confirm: whoever is here gets it now, not with the next one. */
export function lookAgain(core: Core, stream: StreamKey): void {
  later(core, core.settings.holeWaitMs, () => {
    const tail = awakeTail(core, stream)
    if (tail === undefined || tail.state === 'opening') return
    readOn(core, tail).catch((cause) => {
      reportFault(core, 'STORE_FAILED', 'A stream could not be read after a failed append', cause)
    })
  })
}

function healIfNeeded(core: Core, tail: Tail): void {
  if (!hasHole(tail) || core.healing.has(tail)) return
  core.healing.add(tail)
  later(core, core.settings.holeWaitMs, () => void heal(core, tail))
}

/** Reads what is missing. A healthy stream fills its holes by itself within the wait. */
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

/** Reads one page behind the tail and emits it. Another epoch means that the log was lost: from its base. */
export async function readOn(core: Core, tail: Tail): Promise<void> {
  const { stream, epoch } = tail
  const strangers = strangersOf(tail)
  const page = await core.store.read(stream, { after: tail.offset, ...core.settings.page })
  // Somebody else has found the new log meanwhile: this page was read from a place in the old one.
  if (tail.epoch !== epoch) return
  if (page.epoch === epoch) {
    // The store still speaks of our epoch, so what came under another one before the read is of a lost log.
    forgetStrangers(tail, strangers)
    emitItems(core, tail, onPage(tail, page, core.clock.now()))
    return
  }
  const fresh = await core.store.read(stream, { after: 0, ...core.settings.page })
  if (fresh.epoch !== tail.epoch) onReset(tail, fresh.epoch, fresh.base)
  emitItems(core, tail, onPage(tail, fresh, core.clock.now()))
}

/** Called when somebody leaves: tails that nobody needs linger for a while, then go. */
export function sweepLater(core: Core): void {
  if (core.cancelSweep !== null || core.isClosing) return
  core.cancelSweep = core.clock.after(core.settings.lingerMs, () => {
    core.cancelSweep = null
    let awake = 0
    for (const [tag, tail] of core.tails) {
      if (isIdle(tail)) core.tails.delete(tag)
      else if (tail.stream.kind === 'user') awake += parkIfSilent(core, tail) ? 0 : 1
    }
    if (awake > 0) sweepLater(core)
  })
}
