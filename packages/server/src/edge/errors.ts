/** What a developer or a machine did wrong. A client's mistakes are answered, never thrown. */
export type NotificationsErrorCode =
  | 'BAD_OPTION'
  | 'ALREADY_ATTACHED'
  | 'ACCESS_UNDECIDED'
  | 'STORE_NOT_SHARED'
  | 'NAMESPACE_REQUIRED'
  | 'NOT_A_FAMILY'
  | 'BAD_NOTIFICATION'
  | 'BAD_NAME'
  | 'NOT_SENT'
  | 'CLOSED'
  | 'STORE_FAILED'
  | 'HOOK_FAILED'
  | 'REQUEST_FAILED'
  | 'CONFIRM_FAILED'
  | 'RATES_FAILED'

/** Thrown by our functions and given to `problem` listeners. `code` is stable, `message` is not. */
export class NotificationsError extends Error {
  override readonly name = 'NotificationsError'
  readonly code: NotificationsErrorCode

  constructor(code: NotificationsErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
