import { LIMITS, type NotificationInput, type Problem } from '@carillon/protocol'
import { NotificationsError } from './errors.ts'

/** No valid notification is longer; one that is would end the connection instead of being refused. */
const MAX_CHARACTERS = 4 * LIMITS.dataBytes

/** A notification that can be sent again. */
export type KeyedNotification = NotificationInput & { readonly idempotencyKey: string }

/**
 * What is sent, and sent again under the same key: later changes by the caller must not show in it. Throws
 * what would otherwise break the connection: cycles, endless nesting, sheer size.
 */
export function snapshotOf(input: NotificationInput, idempotencyKey: string): KeyedNotification {
  let text: string
  try {
    text = JSON.stringify({ ...input, idempotencyKey })
  } catch (cause) {
    throw unsendable({ code: 'not-json', field: 'data' }, 'the notification cannot be written as JSON', cause)
  }
  if (text.length > MAX_CHARACTERS) {
    const max = LIMITS.dataBytes
    throw unsendable({ code: 'too-large', field: 'data', max }, 'the notification is too large')
  }
  return JSON.parse(text)
}

function unsendable(problem: Problem, why: string, cause?: unknown): NotificationsError {
  return new NotificationsError(problem.code, `sendNotification: ${why}`, {
    details: [problem],
    outcome: 'unsent',
    ...(cause === undefined ? {} : { cause }),
  })
}
