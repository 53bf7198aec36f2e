/**
 * What a connection has surely received, told by its heartbeats.
 *
 * The server pings one interval after the last answer, and everything it sends on a connection is one ordered
 * queue. So an answer that comes at least one interval after the previous one answers a ping that was sent no
 * earlier than that, and proves everything that was emitted before it. An answer that comes earlier was not
 * asked for and proves nothing.
 */
export interface Proof {
  /** When the last answer came, in monotonic milliseconds; {@link NEVER} before the first. */
  beatAt: number
  /** Everything emitted before this time has arrived; {@link NEVER} when nothing is proved. */
  provedUntil: number
}

/** Before all times. */
export const NEVER = -1

/** A timer may fire a little early, and times are rounded. */
const TIMER_SLACK_MS = 3

/** The first answer only starts the clock: when the first ping was due, only the engine knows. */
export function onHeartbeat(proof: Proof, now: number, pingIntervalMs: number): void {
  const pingedAt = proof.beatAt + pingIntervalMs - TIMER_SLACK_MS
  if (proof.beatAt !== NEVER && now >= pingedAt) proof.provedUntil = pingedAt
  proof.beatAt = now
}
