/** Every way in which a request can be refused, and the facts that its sentence needs. */
export interface ProblemDetails {
  'field-required': { field: string }
  'field-type': { field: string; expected: string; received: string }
  'field-too-long': { field: string; max: number; unit: 'characters' | 'bytes' | 'entries' }
  'field-range': { field: string; min: number; max: number }
  'ill-formed': { field: string }
  'unknown-type': { field: string; allowed: readonly string[] }
  'unknown-kind': { field: string; allowed: readonly string[] }
  'invalid-data': { field: string; sentence: string }
  'not-json': { field: string }
  'too-deep': { field: string; max: number }
  'too-many-keys': { field: string; max: number }
  'too-large': { field: string; max: number }
  'fields-exclusive': { field: string; other: string }
  'already-expired': { field: string }
  'unexpected-argument': { event: string; position: number; received: string }
  'idempotency-conflict': { field: string }
  'not-allowed': { action: string }
  unauthenticated: { reason: 'refused' | 'other-user' }
  'token-expired': Record<never, never>
  disconnected: Record<never, never>
  'too-many-channels': { max: number }
  'too-many-requests': { retryAfterMs: number }
  rejected: { sentence: string }
  'hook-failed': { hook: string }
  'store-unavailable': { outcome: 'refused' | 'unknown' }
  closing: { retryAfterMs: number }
  'history-lost': { stream: string; reason: string }
  lagging: { frames: number; bytes: number }
  internal: Record<never, never>
}

export type ProblemCode = keyof ProblemDetails

export type Problem = {
  [C in ProblemCode]: { readonly code: C } & Readonly<ProblemDetails[C]>
}[ProblemCode]

/** At least one: a refusal without a reason does not exist. */
export type Problems = readonly [Problem, ...Problem[]]

/** Whether the same request may succeed later. */
export function isRetryable(code: ProblemCode): boolean {
  return RETRYABLE.has(code)
}

const RETRYABLE: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'too-many-requests',
  'hook-failed',
  'store-unavailable',
  'closing',
  'internal',
])

/** Every code, for documents and tests: a code that is missing here does not compile. */
export const PROBLEM_CODES = Object.keys({
  'field-required': true,
  'field-type': true,
  'field-too-long': true,
  'field-range': true,
  'ill-formed': true,
  'unknown-type': true,
  'unknown-kind': true,
  'invalid-data': true,
  'not-json': true,
  'too-deep': true,
  'too-many-keys': true,
  'too-large': true,
  'fields-exclusive': true,
  'already-expired': true,
  'unexpected-argument': true,
  'idempotency-conflict': true,
  'not-allowed': true,
  unauthenticated: true,
  'token-expired': true,
  disconnected: true,
  'too-many-channels': true,
  'too-many-requests': true,
  rejected: true,
  'hook-failed': true,
  'store-unavailable': true,
  closing: true,
  'history-lost': true,
  lagging: true,
  internal: true,
} satisfies Record<ProblemCode, true>) as readonly ProblemCode[]
