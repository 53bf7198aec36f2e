import type { RecoveryFailure } from '@carillon/protocol'
import type { Item, Page } from '@carillon/store'
import { idAt } from './marks.ts'
import { type Claimed, failureOf } from './position.ts'
import type { Loss, Tail } from './tail.ts'

/* How it is noticed that the log of a tail was lost, and whom that concerns. */

/** Whether the log went back under its epoch. */
export function isPutBack(reason: RecoveryFailure): boolean {
  return reason === 'future' || reason === 'id-mismatch'
}

export function lossesOf({ loss }: Tail): number {
  return loss?.nth ?? 0
}

/**
 * Where somebody goes on who was served up to `at` when the log had been lost `losses` times, and why not there.
 * Null when it makes no difference to them.
 */
export function setBack({ loss }: Tail, losses: number, at: number): Pick<Loss, 'reason' | 'from'> | null {
  if (loss === null || loss.nth === losses) return null
  const { reason, from } = loss
  if (loss.nth > losses + 1) return { reason, from: 0 }
  // What was trimmed behind them they have had; what is trimmed before them their next page will say.
  const isUnharmed = reason !== 'epoch' && (reason === 'trimmed' || at <= from)
  return isUnharmed ? null : { reason, from }
}

/** Where a tail stands, and what it emitted there if that is known. */
export function placeOf({ epoch, offset, marks }: Tail): Claimed {
  return { epoch, offset, id: idAt(marks, offset) }
}

/** From where a tail is read: while it is in doubt, from the last place at which it can tell the log from another one. */
export function groundOf(tail: Tail): Claimed {
  const last = tail.marks?.at(-1)
  if (tail.doubts === 0 || last === undefined || last.id === null) return placeOf(tail)
  // Between there and where it stands nothing is left in the store.
  return { epoch: tail.epoch, offset: last.offset, id: last.id }
}

/** Whether a look can tell the log from another one. */
export function remembers({ marks }: Tail): boolean {
  return (marks?.at(-1)?.id ?? null) !== null
}

/** Why a page that was read behind `place`, the tail's place at that time, shows that the log was lost. */
export function lossOf(tail: Tail, place: Claimed, page: Page): RecoveryFailure | undefined {
  const reason = failureOf(place, page)
  // What was trimmed behind the tail, which has moved on since, is no loss.
  return reason === 'trimmed' && tail.offset >= page.base ? undefined : reason
}

/** Whether an item that is said to be new stands where others were emitted: then the log may have been put back. */
export function isOutOfPlace({ state, epoch, offset, marks }: Tail, appended: string, item: Item): boolean {
  if (state === 'opening' || appended !== epoch || item.offset > offset) return false
  return idAt(marks, item.offset) !== item.id
}

/** Whether another item than this one was emitted at its offset: then the log was surely put back. */
export function isReplaced({ marks, epoch }: Tail, appended: string, { offset, id }: Item): boolean {
  const known = idAt(marks, offset)
  return appended === epoch && known !== null && known !== id
}
