import { positiveOption } from './option-checks.ts'

/** How long a durable store keeps notifications. Whoever was away for longer is told what is gone. */
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
}

export type Retention = Required<RetentionOptions>

export const RETENTION_DEFAULTS: Retention = Object.freeze({
  maxItemsPerStream: 10_000,
  maxAgeMs: 30 * 24 * 3600 * 1000,
})

/** @throws NotificationsStoreError `BAD_OPTION` that names the factory */
export function resolveRetention(factory: string, options: RetentionOptions): Retention {
  const { maxItemsPerStream, maxAgeMs } = RETENTION_DEFAULTS
  return {
    maxItemsPerStream: positiveOption(
      factory,
      'maxItemsPerStream',
      options.maxItemsPerStream,
      maxItemsPerStream,
    ),
    maxAgeMs: positiveOption(factory, 'maxAgeMs', options.maxAgeMs, maxAgeMs, true),
  }
}
