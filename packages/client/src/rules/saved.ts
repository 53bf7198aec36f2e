import { isPlainObject, type Position } from '@carillon/protocol'
import type { KeyedNotification } from './snapshot.ts'

/*
 * What a page leaves for the one after it. Whatever is read may have been written by anybody: what is not as it
 * should be counts as absent.
 */

/** Who a client was. */
export interface SavedIdentity {
  readonly id: string
  /** Who the server took it for; absent before it has said so. */
  readonly user?: unknown
  /** `true` when the page that wrote it has not gone. */
  readonly isBusy?: unknown
}

/** How far a user got in a stream. */
export type SavedPosition = Position & { readonly user: string | null }

/** A send whose outcome nobody knows yet. */
export interface SavedSend {
  readonly notification: KeyedNotification
  /** What the call brought. Endless is `null`, as JSON has it. */
  readonly timeoutMs?: number | null
}

/** An id as clients make them. A server takes one that says anything else for a client of the first version. */
const ID = /^[\w-]{1,64}$/

/** What a server takes as text of a position; it refuses a join that brings anything else. */
const TEXT = /^(?=.*\S)[^\0\p{Cs}]{1,128}$/su

export function readIdentity(saved: unknown): SavedIdentity | null {
  return isPlainObject(saved) && isText(saved.id, ID) ? { ...saved, id: saved.id } : null
}

/** The position, if it is this user's. */
export function readPosition(saved: unknown, whose: unknown): Position | null {
  if (!isPlainObject(saved)) return null
  const { user, epoch, offset, id } = saved
  if (user !== whose || !isText(epoch, TEXT) || !isOffset(offset)) return null
  return isText(id, TEXT) ? { epoch, offset, id } : { epoch, offset }
}

export function readSends(saved: unknown): SavedSend[] {
  return Array.isArray(saved) ? saved.filter(isSend) : []
}

/** The other fields are the server's to judge, as those of any send. */
function isSend(saved: unknown): saved is SavedSend {
  if (!isPlainObject(saved) || !isPlainObject(saved.notification)) return false
  return isText(saved.notification.idempotencyKey, TEXT)
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value)
}
