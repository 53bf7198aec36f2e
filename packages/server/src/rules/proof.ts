/**
 * What a connection has surely received, told by its heartbeats.
 *
 * The server pings one interval after the last answer, and everything it sends on a connection is one ordered
 * queue. So an answer that comes at least one interval after the previous one answers a ping that was sent no
 * earlier than that, and proves everything that was emitted before it. An answer that comes earlier was not
 * asked for and proves nothing.
 */
export interface Proof {
  /** When the last answer came, in monotonic milliseconds; at first, when the connection was made. */
  beatAt: number
  /** Everything emitted before this time has arrived. */
  provedUntil: number
}

/** A timer may fire a little early. */
const TIMER_SLACK_MS = 2

export function createProof(now: number): Proof {
  return { beatAt: now, provedUntil: Number.NEGATIVE_INFINITY }
}

export function onHeartbeat(proof: Proof, now: number, pingIntervalMs: number): void {
  const pingedAt = proof.beatAt + pingIntervalMs - TIMER_SLACK_MS
  if (now >= pingedAt) proof.provedUntil = pingedAt
  proof.beatAt = now
}
