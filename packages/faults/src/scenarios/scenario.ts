import type { Violation } from '../checker.ts'
import type { StorePlace } from '../stores.ts'

/** What came out of a scenario. */
export interface Verdict {
  readonly violations: readonly (Violation | { readonly invariant: 'I7'; readonly what: string })[]
  /** Numbers that show that something happened at all. */
  readonly facts: Readonly<Record<string, number>>
}

/** What could not be tried here broke nothing, and is counted as such. */
export const SKIPPED: Verdict = { violations: [], facts: { skipped: 1 } }

/** One fault under load, on any store. */
export interface Scenario {
  /** The rows of the list of faults that it stands for. */
  readonly rows: readonly string[]
  readonly title: string
  /** Stores on which it can happen. @default all */
  readonly stores?: readonly StorePlace['kind'][]
  /** @param length how many times the fault happens */
  readonly run: (place: StorePlace, length: number) => Promise<Verdict>
}
