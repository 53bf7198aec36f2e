/**
 * When statistics may go out. The first change goes out at once; then one per interval, and the interval grows
 * with the number of clients, so that their cost stays a fixed share of the machine: naively, N connections
 * cause N² messages.
 */
export interface StatsPace {
  sentAt: number
  /** A change has not gone out yet. */
  isDue: boolean
}

export interface StatsLimits {
  /** Shortest time between two statistics. */
  readonly minIntervalMs: number
  /** Time that each connected client adds to the interval. */
  readonly perClientMs: number
}

export function createStatsPace(): StatsPace {
  return { sentAt: Number.NEGATIVE_INFINITY, isDue: false }
}

/** How long to wait before the statistics may go out; 0 for now. */
export function waitBeforeStats(pace: StatsPace, limits: StatsLimits, clients: number, now: number): number {
  const interval = Math.max(limits.minIntervalMs, clients * limits.perClientMs)
  return Math.max(0, pace.sentAt + interval - now)
}

export function onStatsSent(pace: StatsPace, now: number): void {
  pace.sentAt = now
  pace.isDue = false
}
