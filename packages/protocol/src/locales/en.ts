import type { Catalogue } from '../sentences.ts'

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'an integer',
  boolean: 'a boolean',
  object: 'an object',
  array: 'an array',
  function: 'a function',
  binary: 'binary data',
  stream: 'the name of a stream',
  time: 'a time such as 2026-01-31T12:00:00Z',
}

const typeName = (type: string): string => TYPES[type] ?? type

export const en: Catalogue = {
  problems: {
    'field-required': ({ field }) => `The field '${field}' is required`,
    'field-type': ({ field, expected, received }) =>
      `The field '${field}' must be ${typeName(expected)} (got ${typeName(received)})`,
    'field-too-long': ({ field, max, unit }) => `The field '${field}' may have at most ${max} ${unit}`,
    'field-range': ({ field, min, max }) => `The field '${field}' must be between ${min} and ${max}`,
    'ill-formed': ({ field }) => `The field '${field}' contains characters that are not allowed`,
    'unknown-type': ({ field, allowed }) => `The field '${field}' must be one of: ${allowed.join(', ')}`,
    'unknown-kind': ({ field, allowed }) =>
      `The field '${field}' must be a kind that is known here: ${allowed.join(', ') || 'there is none'}`,
    'invalid-data': ({ field, sentence }) => `The field '${field}' is not as it should be: ${sentence}`,
    'not-json': ({ field }) => `The field '${field}' may hold JSON values only`,
    'too-deep': ({ field, max }) => `The field '${field}' is nested too deeply (at most ${max} levels)`,
    'too-many-keys': ({ field, max }) => `The field '${field}' holds too many values (at most ${max})`,
    'too-large': ({ field, max }) => `The field '${field}' is too large (at most ${max} bytes)`,
    'fields-exclusive': ({ field, other }) => `The fields '${field}' and '${other}' exclude each other`,
    'already-expired': ({ field }) => `The time in the field '${field}' has passed`,
    'unexpected-argument': ({ event, position, received }) =>
      `The event '${event}' takes no argument at position ${position} (got ${typeName(received)})`,
    'idempotency-conflict': ({ field }) => `The field '${field}' was already used for another notification`,
    'not-allowed': () => `This action is not allowed`,
    unauthenticated: () => `Authentication failed`,
    'token-expired': () => `The session has expired, renew the authentication`,
    disconnected: () => `You were disconnected`,
    'too-many-channels': ({ max }) => `Too many channels joined (at most ${max})`,
    'too-many-requests': ({ retryAfterMs }) => `Too many requests, try again in ${retryAfterMs} ms`,
    rejected: ({ sentence }) => sentence,
    'hook-failed': () => `The request could not be checked, try again later`,
    'store-unavailable': ({ outcome }) =>
      outcome === 'unknown'
        ? `Storing could not be confirmed, try again with the same key`
        : `Storing failed, try again later`,
    closing: () => `The server is closing, connect again`,
    'history-lost': ({ stream }) => `Notifications of the stream '${stream}' are no longer available`,
    lagging: () => `The connection is too slow: notifications come late, page by page`,
    internal: () => `An internal error occurred`,
  },
  joined: (channel) => `You joined “${channel}”`,
  left: (channel) => `You left “${channel}”`,
  server: 'Server',
  anonymous: 'Anonymous',
}
