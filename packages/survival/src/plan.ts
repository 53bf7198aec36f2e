/** What a whole run does; the document tells it. */
export const PLAN = { confirmations: 300, ms: 3_000, draws: 3 } as const
export const THROUGHPUT = { rounds: 21, ms: 120 } as const
