import * as v from 'valibot'
import { findJsonFault, isPlainObject, type JsonObject } from './json.ts'
import { LIMITS } from './limits.ts'
import { isStreamName, type StreamName } from './streams.ts'
import { isBlank, isPlainName, isStorableText } from './text.ts'

/*
 * What requests and payloads are made of. The message of a check is the code of the problem it finds (see
 * problems.ts).
 */

export const NOTIFICATION_TYPES = ['info', 'success', 'warning', 'error'] as const

export const notBlank = v.check<string, 'field-required'>((text) => !isBlank(text), 'field-required')
export const storable = v.check<string, 'ill-formed'>(isStorableText, 'ill-formed')

/** A character of a JavaScript string is no more in UTF-8. */
const MOST_BYTES = 3

/** As valibot's, but what cannot be too long, whatever is written there, is not encoded to find out. */
function maxBytes(limit: number): v.MaxBytesAction<string, number, undefined> {
  const action = v.maxBytes<string, number>(limit)
  return {
    ...action,
    '~run': (dataset, config) =>
      dataset.typed && dataset.value.length * MOST_BYTES <= limit ? dataset : action['~run'](dataset, config),
  }
}

export const channelName = v.pipe(
  v.string(),
  notBlank,
  maxBytes(LIMITS.channelNameBytes),
  v.check(isPlainName, 'ill-formed'),
)

export const kind = v.pipe(
  v.string(),
  notBlank,
  v.maxLength(LIMITS.kindLength),
  v.check(isPlainName, 'ill-formed'),
)

/** Whether a text can be the kind of a notification. */
export function isKind(text: string): boolean {
  return v.is(kind, text)
}

export const userId = v.pipe(
  v.string(),
  notBlank,
  v.maxLength(LIMITS.identityLength),
  v.check(isPlainName, 'ill-formed'),
)

export const data = v.pipe(
  v.custom<JsonObject>(isPlainObject, 'field-type'),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const fault = findJsonFault(dataset.value)
    if (fault !== undefined) addIssue({ message: fault.code })
  }),
)

export const offset = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER))
export const epoch = v.pipe(v.string(), notBlank, v.maxLength(LIMITS.idempotencyKeyLength), storable)

export const position = v.object({
  /** Random id of the stream's life; another one means that the log was lost. */
  epoch,
  /** Offset of the last notification that was received. */
  offset,
  /** Id of the notification at `offset`: tells a restored backup from the log it was taken from. */
  id: v.nullish(v.pipe(v.string(), v.maxLength(LIMITS.idempotencyKeyLength), storable)),
})

export const streamName = v.pipe(
  v.string(),
  maxBytes(LIMITS.channelNameBytes + 2),
  v.check((name) => isStreamName(name) && isPlainName(name), 'stream'),
  v.transform((name) => name as StreamName),
)

export type NotificationType = (typeof NOTIFICATION_TYPES)[number]
export type Position = v.InferInput<typeof position>
