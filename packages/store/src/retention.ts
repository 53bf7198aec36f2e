import { badOption, positiveOption } from './option-checks.ts'

/** How long a durable store keeps things. Whoever was away for longer than a notification is told what is gone. */
export interface RetentionOptions {
  /**
   * How many of its newest notifications a stream keeps.
   *
   * @default 10_000
   */
  readonly maxItemsPerStream?: number
  /**
   * Milliseconds that a notification is kept; `Infinity` for as long as `maxItemsPerStream` allows. An
   * idempotency key is known for as long as its notification is kept.
   *
   * @default 2_592_000_000, 30 days
   */
  readonly maxAgeMs?: number
  /**
   * Milliseconds after which a cursor is forgotten that nobody moved or asked for, and a stream that holds nothing
   * and that nobody has a cursor on: who comes back is new, the stream begins again under a new epoch. A `prune`
   * does it, some days late, for a use is noted once a day. `Infinity` keeps them. At least `maxAgeMs`: a
   * subscriber must not be forgotten while there still is something to come back for.
   *
   * @default 15_552_000_000, 180 days, or `maxAgeMs` if that is longer
   */
  readonly maxAwayMs?: number
}

export type Retention = Required<RetentionOptions>

const DAY_MS = 24 * 3600 * 1000

export const RETENTION_DEFAULTS: Retention = Object.freeze({
  maxItemsPerStream: 10_000,
  maxAgeMs: 30 * DAY_MS,
  maxAwayMs: 180 * DAY_MS,
})

/** The names of the options above, for a store that has others beside them. */
export const RETENTION_NAMES: readonly string[] = Object.keys(RETENTION_DEFAULTS)

/** @throws NotificationsStoreError `BAD_OPTION` that names the factory */
export function resolveRetention(factory: string, options: RetentionOptions): Retention {
  const bound = (name: keyof Retention, byDefault: number, mayBeEndless: boolean): number =>
    positiveOption(factory, name, options[name], byDefault, mayBeEndless)
  const maxAgeMs = bound('maxAgeMs', RETENTION_DEFAULTS.maxAgeMs, true)
  const maxAwayMs = bound('maxAwayMs', Math.max(RETENTION_DEFAULTS.maxAwayMs, maxAgeMs), true)
  if (maxAwayMs < maxAgeMs) {
    const expected = `at least "maxAgeMs", which is ${maxAgeMs}: who is forgotten earlier misses what is still there`
    throw badOption(factory, 'maxAwayMs', expected, maxAwayMs)
  }
  return {
    maxItemsPerStream: bound('maxItemsPerStream', RETENTION_DEFAULTS.maxItemsPerStream, false),
    maxAgeMs,
    maxAwayMs,
  }
}
