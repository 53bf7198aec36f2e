import type { Bulletin } from './bulletin.ts'
import type { Names } from './names.ts'
import type { RedisStoreSettings } from './options.ts'
import type { Wire } from './wire.ts'

/** What the calls of the store share. */
export interface Parts {
  readonly wire: Wire
  readonly names: Names
  readonly settings: Pick<RedisStoreSettings, 'maxItemsPerStream' | 'maxAgeMs'>
  readonly bulletin: Bulletin
  /** For a stream that turns out to have none. Random, so that none ever comes back. */
  newEpoch(): string
}
