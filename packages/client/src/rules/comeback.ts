/**
 * What follows when the server has ended the connection: `final` until somebody calls `connect()`, `coming` back by
 * itself, `used-up` when it has done so too often.
 */
export type Comeback = 'final' | 'coming' | 'used-up'

/** What a server says before it ends a connection. */
export interface LastWords {
  readonly code: string
  /** Not to come back before that. */
  readonly retryAfterMs?: number
}

/** What Socket.IO is told of coming back from a connection that broke. */
export interface Backoff {
  readonly delayMs: number
  readonly maxDelayMs: number
  /** Which part of the delay chance may add or take off. */
  readonly jitter: number
}

/**
 * Whether the next connection may go better by itself.
 *
 * @param code the server's last words
 * @param isAskable `auth` is a function: the next handshake brings something fresh
 */
export function endsForNow(code: string | undefined, isAskable: boolean): boolean {
  return code === 'hook-failed' || code === 'too-many-requests' || (code === 'token-expired' && isAskable)
}

/** @param chance at least 0, less than 1 */
export function comebackDelay(
  attempts: number,
  { delayMs, maxDelayMs, jitter }: Backoff,
  chance: number,
): number {
  return Math.min(delayMs * 2 ** attempts * (1 + jitter * (2 * chance - 1)), maxDelayMs)
}
