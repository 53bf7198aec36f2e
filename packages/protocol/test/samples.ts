import type { Problem, ProblemCode } from '../src/index.ts'

/** One problem of every code: a code without one does not compile. */
const SAMPLES: { readonly [C in ProblemCode]: Extract<Problem, { code: C }> } = {
  'field-required': { code: 'field-required', field: 'title' },
  'field-type': { code: 'field-type', field: 'title', expected: 'string', received: 'number' },
  'field-too-long': { code: 'field-too-long', field: 'title', max: 200, unit: 'characters' },
  'field-range': { code: 'field-range', field: 'ttl', min: 1, max: 60 },
  'ill-formed': { code: 'ill-formed', field: 'channel' },
  'unknown-type': { code: 'unknown-type', field: 'type', allowed: ['info', 'error'] },
  'unknown-kind': { code: 'unknown-kind', field: 'kind', allowed: ['order.created', 'order.shipped'] },
  'invalid-data': { code: 'invalid-data', field: 'data.ref', sentence: 'Expected a string' },
  'not-json': { code: 'not-json', field: 'data' },
  'too-deep': { code: 'too-deep', field: 'data', max: 32 },
  'too-many-keys': { code: 'too-many-keys', field: 'data', max: 1024 },
  'too-large': { code: 'too-large', field: 'data', max: 65536 },
  'fields-exclusive': { code: 'fields-exclusive', field: 'channel', other: 'to' },
  'already-expired': { code: 'already-expired', field: 'expiresAt' },
  'unexpected-argument': { code: 'unexpected-argument', event: 'get-stats', position: 1, received: 'array' },
  'idempotency-conflict': { code: 'idempotency-conflict', field: 'idempotencyKey' },
  'not-allowed': { code: 'not-allowed', action: 'join' },
  unauthenticated: { code: 'unauthenticated', reason: 'refused' },
  'token-expired': { code: 'token-expired' },
  disconnected: { code: 'disconnected' },
  'too-many-channels': { code: 'too-many-channels', max: 100 },
  'too-many-requests': { code: 'too-many-requests', retryAfterMs: 500 },
  rejected: { code: 'rejected', sentence: 'No lunch today' },
  'hook-failed': { code: 'hook-failed', hook: 'authorize' },
  'store-unavailable': { code: 'store-unavailable', outcome: 'unknown' },
  closing: { code: 'closing', retryAfterMs: 500 },
  'history-lost': { code: 'history-lost', stream: 'c:devops', reason: 'trimmed' },
  lagging: { code: 'lagging', frames: 600, bytes: 1_500_000 },
  internal: { code: 'internal' },
}

export const PROBLEM_SAMPLES: readonly Problem[] = Object.values(SAMPLES)
