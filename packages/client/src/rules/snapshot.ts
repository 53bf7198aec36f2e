import {
  findJsonFault,
  jsonProblems,
  LIMITS,
  type Limits,
  type NotificationInput,
  notificationProblems,
  type SizeProblem,
} from '@carillon/protocol'
import { sizeSentence } from './bounds.ts'
import { type ErrorFacts, NotificationsError } from './errors.ts'

/** No valid notification is longer; one that is would end the connection instead of being refused. */
const MAX_CHARACTERS = 4 * LIMITS.dataBytes

/** A notification that can be sent again. */
export type KeyedNotification = NotificationInput & { readonly idempotencyKey: string }

/**
 * What is sent, and sent again under the same key: later changes by the caller must not show in it. Throws
 * what would otherwise break the connection: cycles, endless nesting, sheer size.
 */
export function snapshotOf(
  call: string,
  input: NotificationInput,
  idempotencyKey: string,
  limits: Limits,
): KeyedNotification {
  const copy = copyOf(call, 'data', input, (each) => notificationProblems(each, limits))
  return { ...copy, idempotencyKey }
}

/** The same of what is said of the user. A host narrows what is sent, not what proves who somebody is. */
export function authSnapshotOf(call: string, auth: object): object {
  return copyOf(call, 'auth', auth, (copy) => jsonProblems('auth', copy, LIMITS))
}

/** What a call may not ask for, because of its size: `null` when all is well. */
export function sizeError(
  call: string,
  problems: readonly SizeProblem[],
  facts: ErrorFacts = {},
): NotificationsError | null {
  const [first] = problems
  if (first === undefined) return null
  const sentences = problems.map(sizeSentence)
  return new NotificationsError(first.code, `${call}: ${sentences.join('; ')}`, {
    ...facts,
    errors: sentences,
    details: problems,
    outcome: 'unsent',
  })
}

function copyOf<T extends object>(
  call: string,
  field: string,
  value: T,
  problemsOf: (copy: T) => readonly SizeProblem[],
): T {
  const given: { readonly text: string } | { readonly cause: unknown } = written(value)
  if ('cause' in given) throw sizeError(call, [unwritable(field, value, given.cause)], given)
  const copy: T = JSON.parse(given.text)
  const isHuge = given.text.length > MAX_CHARACTERS
  const net: readonly SizeProblem[] = isHuge ? [{ code: 'too-large', field, max: LIMITS.dataBytes }] : []
  const problems = problemsOf(copy)
  const error = sizeError(call, problems.length > 0 ? problems : net)
  if (error !== null) throw error
  return copy
}

function written(value: object): { readonly text: string } | { readonly cause: unknown } {
  try {
    return { text: JSON.stringify(value) }
  } catch (cause) {
    return { cause }
  }
}

/** A cycle is a `TypeError` in every engine; whoever nests too deeply overflows the stack of most. */
function unwritable(field: string, value: object, cause: unknown): SizeProblem {
  const fault = cause instanceof TypeError ? undefined : findJsonFault(value)
  return { code: 'not-json', ...fault, field }
}
