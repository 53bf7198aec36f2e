import type { RecoveryFailure } from '@carillon/protocol'
import type { Head, Page } from '@carillon/store'

/** A place that somebody claims to have reached; `id` guards against a log that was rewound. */
export interface Claimed extends Head {
  readonly id?: string | null | undefined
}

/** Where a reader goes on. */
export interface Start {
  /** Serve what is above this offset. */
  readonly after: number
  /** Absent for somebody who never was here. */
  readonly recovered?: boolean
  readonly reason?: RecoveryFailure
}

/**
 * Judges a position against a page that was read after it. [G5] The answer is true to the facts: either
 * everything above the position follows, or the reader is told why not and starts where the log begins.
 */
export function startAt(position: Claimed, page: Page): Start {
  const failure = failureOf(position, page)
  if (failure === undefined) return { after: position.offset, recovered: true }
  return { after: page.base, recovered: false, reason: failure }
}

/** Why not everything above a position can be served, or undefined when it can. */
export function failureOf(position: Claimed, page: Page): RecoveryFailure | undefined {
  if (position.epoch !== page.epoch) return 'epoch'
  if (position.offset > page.head) return 'future'
  if (position.offset < page.base) return 'trimmed'
  const isOther = position.id != null && page.idAt !== null && position.id !== page.idAt
  return isOther ? 'id-mismatch' : undefined
}
