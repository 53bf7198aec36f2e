import type { Durability } from '@carillon/store'
import type { StorePlace } from '../store-place.ts'
import type { Breakage } from './broken-store.ts'

/** What a process that appends is told when it starts. */
export interface Orders {
  readonly place: StorePlace
  readonly task:
    | {
        readonly kind: 'flood'
        /** Entries of one call; the next one begins when it has been confirmed. */
        readonly perCall: number
      }
    | { readonly kind: 'paces' }
  /** A fault of our own, to see that the check finds it. @default none */
  readonly breaks?: Breakage
}

/** Where a flood says it: not the standard output, which a worker thread makes one that does not wait. */
export const FLOOD_FD = 4

/** What a flood says, line by line: first what the store promises, then each call that was confirmed. */
export type FloodLine =
  | { readonly durability: Durability }
  | {
      /** Milliseconds since 1970. */
      readonly at: number
      readonly epoch: string
      readonly first: number
      /** Where each entry of the call is, from the first one on. */
      readonly offsets: readonly number[]
    }
  | { readonly failed: string }

/** How appends are asked for. */
export const PACES = ['one by one', '64 in a call', '64 calls at once'] as const
export type Pace = (typeof PACES)[number]

/** What a process that measures is asked, time and again, and what it answers. */
export interface PaceQuestion {
  readonly pace: Pace
  readonly ms: number
}

export interface PaceAnswer {
  readonly perSecond: number
}
