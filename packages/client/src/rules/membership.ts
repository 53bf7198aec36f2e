/** `joining`: wanted, but the server has not confirmed it on this connection. `left` is final. */
export type SubscriptionState = 'joining' | 'joined' | 'left'

/**
 * Why a subscription ended: by the application, by a refusal of the server, because the host took the user out of the
 * channel, or by `close()`.
 */
export type LeftReason = 'client' | 'refused' | 'revoked' | 'closed'

export type MembershipEvent =
  | 'confirmed'
  /** The connection broke, or the server let go of the channel for now. */
  | 'dropped'
  | 'ended'

const TABLE: Readonly<Record<MembershipEvent, SubscriptionState>> = {
  confirmed: 'joined',
  dropped: 'joining',
  ended: 'left',
}

export function nextMembership(state: SubscriptionState, event: MembershipEvent): SubscriptionState {
  return state === 'left' ? state : TABLE[event]
}

const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000

/** How long to wait before a re-join that was refused for now is tried again. */
export function retryDelay(refusals: number, retryAfterMs: number | undefined): number {
  const own = Math.min(FIRST_RETRY_MS * 2 ** Math.max(0, refusals - 1), LAST_RETRY_MS)
  return Math.max(own, retryAfterMs ?? 0)
}
