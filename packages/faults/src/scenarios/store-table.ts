import type { Scenario } from './scenario.ts'

/** What happens to stores, and between a store and its nodes. */
export const STORE_SCENARIOS: Readonly<Record<string, Scenario>> = {}
