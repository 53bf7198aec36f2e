import { retryDelay } from './membership.ts'
import { LONGEST_TIMER_MS } from './timers.ts'

/** However short an identity lives: not more often than this. */
const SHORTEST_MS = 500
/** So much of the time is kept for attempts that fail. */
const RESERVE = 0.2
const RESERVE_MS = 5_000

/** When to renew what ends in so many milliseconds: with a fifth of it left, a few seconds at least, half at most. */
export function renewAfter(expiresInMs: number): number {
  const reserve = Math.max(expiresInMs * RESERVE, Math.min(RESERVE_MS, expiresInMs / 2))
  return Math.max(SHORTEST_MS, Math.min(expiresInMs - reserve, LONGEST_TIMER_MS))
}

/** How much of what is left one attempt may take, or the pause behind it: there is to be another one. */
export function shareOf(leftMs: number): number {
  return Math.max(SHORTEST_MS, leftMs / 2)
}

/** How long to wait before a renewal that was refused for now is tried again. What is not before the end is too late. */
export function renewAgainAfter(refusals: number, leftMs: number, retryAfterMs: number | undefined): number {
  return Math.max(Math.min(retryDelay(refusals, undefined), shareOf(leftMs)), retryAfterMs ?? 0)
}
