import type { Item, Page } from '../port.ts'

/** An item in the log with what only the store may know of it. */
export interface LogEntry {
  readonly item: Item
  readonly key: string
  readonly hash: string
  /** Bytes of the content. */
  readonly bytes: number
}

/**
 * The items of one stream in a ring: an item's slot is its offset modulo the number of slots, a power of two.
 * Every step costs the same however many items there are. What expired leaves a hole.
 */
export interface Log {
  head: number
  base: number
  /** Offsets at or below hold nothing any more. Unlike `base` it also passes what expired. */
  floor: number
  slots: Slots
  /** Number of items that are held. */
  held: number
  /** Content bytes of the items that are held. */
  bytes: number
  /** No held item expires before this time; 0 when none expires at all. */
  nextExpiry: number
  /** Held items by idempotency key, once there are too many slots to look through. */
  keys: Map<string, LogEntry> | null
}

type Slots = readonly (LogEntry | undefined)[] & { [slot: number]: LogEntry | undefined }

const FEWEST_SLOTS = 2
/** A Map costs more than the few items that most streams of a user hold: up to so many slots are looked through. */
const UNINDEXED_SLOTS = 8
const NO_SLOTS: Slots = Object.freeze([])

export function createLog(): Log {
  return { head: 0, base: 0, floor: 0, slots: NO_SLOTS, held: 0, bytes: 0, nextExpiry: 0, keys: null }
}

export function entryAt(log: Log, offset: number): LogEntry | undefined {
  if (offset <= log.floor || offset > log.head) return undefined
  return log.slots[offset & (log.slots.length - 1)]
}

export function entryOfKey(log: Log, key: string): LogEntry | undefined {
  if (log.keys !== null) return log.keys.get(key)
  return log.slots.find((entry) => entry?.key === key)
}

/** Writes an entry, whose item carries the offset after the head. */
export function push(log: Log, entry: LogEntry): void {
  if (log.head - log.floor >= log.slots.length) resize(log, Math.max(FEWEST_SLOTS, log.slots.length * 2))
  log.head = entry.item.offset
  log.slots[log.head & (log.slots.length - 1)] = entry
  log.held += 1
  log.bytes += entry.bytes
  log.keys?.set(entry.key, entry)
  if (entry.item.expiresAt !== null) log.nextExpiry = earlier(log.nextExpiry, entry.item.expiresAt)
}

/** Drops the oldest held item for good. The slot above the floor always holds one, unless the log is empty. */
export function trimOldest(log: Log): void {
  if (log.held === 0) return
  log.floor += 1
  log.base = log.floor
  remove(log, log.floor)
  passHoles(log)
  fitSlots(log)
}

/** Drops the expired items, which leaves holes: nobody missed anything, so the base stays. */
export function dropExpired(log: Log, now: number): void {
  if (log.nextExpiry === 0 || log.nextExpiry > now) return
  let next = 0
  for (let offset = log.floor + 1; offset <= log.head; offset++) {
    const expiresAt = entryAt(log, offset)?.item.expiresAt ?? null
    if (expiresAt === null) continue
    if (expiresAt <= now) remove(log, offset)
    else next = earlier(next, expiresAt)
  }
  log.nextExpiry = next
  passHoles(log)
  fitSlots(log)
}

function isExpired(item: Item, now: number): boolean {
  return item.expiresAt !== null && item.expiresAt <= now
}

export interface Bounds {
  readonly limit: number
  readonly maxBytes: number
}

type Found = Pick<Page, 'items' | 'coveredTo'>

export function readAfter(log: Log, after: number, bounds: Bounds, now: number): Found {
  const items: Item[] = []
  let bytes = 0
  let coveredTo = Math.max(after, log.floor)
  for (let offset = coveredTo + 1; offset <= log.head; offset++) {
    const entry = entryAt(log, offset)
    if (entry !== undefined && !isExpired(entry.item, now)) {
      bytes += entry.bytes
      if (isFull(items.length, bytes, bounds)) break
      items.push(entry.item)
    }
    coveredTo = offset
  }
  return { items, coveredTo }
}

export function readBefore(log: Log, before: number, bounds: Bounds, now: number): Found {
  const items: Item[] = []
  let bytes = 0
  for (let offset = Math.min(before - 1, log.head); offset > log.floor; offset--) {
    const entry = entryAt(log, offset)
    if (entry === undefined || isExpired(entry.item, now)) continue
    bytes += entry.bytes
    if (isFull(items.length, bytes, bounds)) return { items: items.reverse(), coveredTo: offset + 1 }
    items.push(entry.item)
  }
  return { items: items.reverse(), coveredTo: Math.min(before, 1) }
}

/** Whether a page that holds `count` items has no room for one more that would make it `bytes` long. */
function isFull(count: number, bytes: number, { limit, maxBytes }: Bounds): boolean {
  return count >= limit || (count > 0 && bytes > maxBytes)
}

function remove(log: Log, offset: number): void {
  const slot = offset & (log.slots.length - 1)
  const entry = log.slots[slot]
  if (entry === undefined) return
  log.slots[slot] = undefined
  log.held -= 1
  log.bytes -= entry.bytes
  log.keys?.delete(entry.key)
}

function passHoles(log: Log): void {
  while (log.floor < log.head && entryAt(log, log.floor + 1) === undefined) log.floor += 1
}

/** Many streams that were busy once must not keep the slots of that time. */
function fitSlots(log: Log): void {
  const { length } = log.slots
  if (log.held === 0) resize(log, 0)
  else if (length > FEWEST_SLOTS && (log.head - log.floor) * 4 <= length) resize(log, length / 2)
}

function resize(log: Log, length: number): void {
  const slots: (LogEntry | undefined)[] = new Array(length).fill(undefined)
  for (let offset = log.floor + 1; offset <= log.head; offset++) {
    slots[offset & (length - 1)] = entryAt(log, offset)
  }
  log.slots = length === 0 ? NO_SLOTS : slots
  if (length <= UNINDEXED_SLOTS) log.keys = null
  else log.keys ??= new Map(slots.flatMap((entry) => (entry === undefined ? [] : [[entry.key, entry]])))
}

/** The earlier of two times, where 0 stands for never. */
function earlier(a: number, b: number): number {
  return a === 0 ? b : Math.min(a, b)
}
