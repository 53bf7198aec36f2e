/** Stable codes of what a store reports as an error. */
export type StoreErrorCode =
  /** An option is not what it should be. Thrown where the store is made. */
  | 'BAD_OPTION'
  /** An entry cannot be written whatever is tried: the cause of a `refused` outcome. */
  | 'BAD_ENTRY'
  /** The store was closed before. */
  | 'CLOSED'
  /** The data were written by a newer release, in a way that this one does not know. Nothing was touched. */
  | 'NEWER_SCHEMA'

/**
 * What a developer or a machine did wrong with a store. Read `code`, which stays the same over releases; the
 * message is for people. Compare codes, not classes: the ESM and the CJS build have a class each.
 */
export class NotificationsStoreError extends Error {
  override readonly name = 'NotificationsStoreError'
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options)
    this.code = code
  }
}
