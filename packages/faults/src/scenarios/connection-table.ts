import type { Scenario } from './scenario.ts'

/** What happens to the connections of clients. */
export const CONNECTION_SCENARIOS: Readonly<Record<string, Scenario>> = {}
