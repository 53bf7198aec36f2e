import { badOption, checkOptionNames, positiveOption } from '../option-checks.ts'

/** How much a memory store holds at most. Whatever is over a bound is dropped, oldest first. */
export interface MemoryStoreOptions {
  /**
   * How many of its newest notifications a stream keeps. Expired ones count until newer ones take their place.
   *
   * @default 1_000
   */
  readonly maxItemsPerStream?: number
  /**
   * How many streams are kept. Over it, streams without notifications go first, then the least recently used;
   * a stream that is dropped starts again under another epoch, and its cursors are gone.
   *
   * @default 100_000
   */
  readonly maxStreams?: number
  /**
   * Bytes of all notifications together: their content as it was measured by who appended it, plus a fixed
   * share for book-keeping. Over it, the oldest notifications of the least recently used streams are dropped.
   *
   * @default 67_108_864
   */
  readonly maxBytes?: number
  /**
   * Milliseconds that a notification is kept; `Infinity` for as long as the other bounds allow.
   *
   * @default 604_800_000
   */
  readonly maxAgeMs?: number
  /**
   * How many cursors are kept over all streams. Over it, the stream with most of them drops the one that was
   * not moved for longest: that subscriber comes back as a new one.
   *
   * @default 1_000_000
   */
  readonly maxCursors?: number
  /**
   * The clock, in milliseconds since 1970. For tests.
   *
   * @default Date.now
   */
  readonly now?: () => number
}

export type MemoryStoreSettings = Required<MemoryStoreOptions>

export const MEMORY_STORE_DEFAULTS: MemoryStoreSettings = Object.freeze({
  maxItemsPerStream: 1_000,
  maxStreams: 100_000,
  maxBytes: 64 * 1024 * 1024,
  maxAgeMs: 7 * 24 * 3600 * 1000,
  maxCursors: 1_000_000,
  now: Date.now,
})

const FACTORY = 'createMemoryStore'

export function resolveOptions(options: MemoryStoreOptions = {}): MemoryStoreSettings {
  checkOptionNames(FACTORY, options, Object.keys(MEMORY_STORE_DEFAULTS))
  const now = options.now ?? MEMORY_STORE_DEFAULTS.now
  if (typeof now !== 'function') throw badOption(FACTORY, 'now', 'a function', now)
  const bound = (name: Exclude<keyof MemoryStoreSettings, 'now'>, mayBeEndless = false): number =>
    positiveOption(FACTORY, name, options[name], MEMORY_STORE_DEFAULTS[name], mayBeEndless)
  return {
    maxItemsPerStream: bound('maxItemsPerStream'),
    maxStreams: bound('maxStreams'),
    maxBytes: bound('maxBytes'),
    maxAgeMs: bound('maxAgeMs', true),
    maxCursors: bound('maxCursors'),
    now,
  }
}
