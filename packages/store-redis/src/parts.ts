import type { Bulletin } from './bulletin.ts'
import type { Names } from './names.ts'
import type { RedisStoreSettings } from './options.ts'
import type { Wire } from './wire.ts'

/** What the calls of the store share. */
export interface Parts {
  readonly wire: Wire
  readonly names: Names
  readonly settings: Pick<RedisStoreSettings, 'maxItemsPerStream' | 'maxAgeMs' | 'maxAwayMs'>
  readonly bulletin: Bulletin
  /**
   * What every script on a stream is given first: an epoch for a stream that turns out to have none, random, so that
   * none ever comes back; and how long who is away is remembered.
   */
  streamArgs(): [epoch: string, away: string]
}
